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
            try await Self.connect(client, self.connect == nil ? nil : self.security)
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

    /// - Parameter security: of the way to a coordinator that is elsewhere.
    static func connect(_ client: ForetokenClient, _ security: SecurityOptions?) async throws(CommandError) {
        do {
            try await client.connect()
        } catch {
            if error.code == .unavailable, let security {
                // To a stranger a coordinator with keys is as silent as none.
                let keys =
                    security.directory.map { "has it this client's key in its own list, as \($0)/members has?" }
                    ?? "if it has keys, give this client's with --keys"
                throw CommandError(.unavailable, "\(error.description); \(keys)")
            }
            // The address is the only argument of connecting.
            throw CommandError(error.code == .invalidArgument ? .usage : ExitStatus(error.code), error.description)
        }
    }
}
