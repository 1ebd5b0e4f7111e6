import ArgumentParser
import CommandSupport
import Foretoken
import ForetokenWire
import Logging

/// Where the text comes from: a coordinator somewhere, or services in this process.
struct ClientOptions: ParsableArguments {
    @Option(
        help: .init(
            """
            Coordinator to use, as tcp://host:7000; or several with commas, of which another goes on where one is lost. \
            (default: everything in this process)
            """, valueName: "address"))
    var connect: String?

    @OptionGroup
    var security: SecurityOptions

    /// Runs `body` with a client that is connected.
    ///
    /// - Parameter pair: loads the models where they run in this process.
    func withClient<Result>(
        logger: Logger, pair: () throws(CommandError) -> ModelPair, _ body: (ForetokenClient) async throws -> Result
    ) async throws -> Result {
        let trio: ServiceTrio? = self.connect == nil ? try await ServiceTrio(try pair(), logger: logger) : nil
        let client =
            if let trio {
                ForetokenClient(address: trio.addresses.coordinator, network: trio.network)
            } else {
                ForetokenClient(address: self.connect!, network: try self.security.network(.client))
            }
        do {
            try await Self.connect(client)
            let result = try await body(client)
            await client.close()
            await trio?.stop()
            return result
        } catch {
            await client.close()
            await trio?.stop()
            throw error
        }
    }

    static func connect(_ client: ForetokenClient) async throws(CommandError) {
        do {
            try await client.connect()
        } catch {
            // Of connecting, the address is the only argument.
            throw CommandError(error.code == .invalidArgument ? .usage : ExitStatus(error.code), error.description)
        }
    }
}
