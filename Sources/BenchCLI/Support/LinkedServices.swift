import CommandSupport
import Foretoken
import ForetokenLinks
import LinkEmulator
import Logging

/// The three services in this process, over TCP, with an emulated link between draft and target.
enum LinkedServices {
    /// Runs `body` with `count` clients that are connected, and the link; ends everything whatever happens.
    static func with<Result>(
        _ models: ModelPair, clients count: Int = 1, _ logger: Logger,
        _ body: ([ForetokenClient], LinkEmulator) async throws -> Result
    ) async throws -> Result {
        let (trio, link) = try await self.start(models, logger)
        let clients = (0..<count).map { _ in ForetokenClient(address: trio.addresses.coordinator) }
        do {
            for client in clients { try await client.connect() }
            let result = try await body(clients, link)
            await self.stop(clients, trio, link)
            return result
        } catch {
            await self.stop(clients, trio, link)
            throw error
        }
    }

    private static func start(
        _ models: ModelPair, _ logger: Logger
    ) async throws(CommandError) -> (ServiceTrio, LinkEmulator) {
        let any = "tcp://127.0.0.1:0"
        var started: LinkEmulator?
        do {
            // The same prompts come again under every rule, and who comes later must not find them computed.
            let trio = try await ServiceTrio(
                models, at: .init(target: any, draft: any, coordinator: any), remembersPrompts: false, logger: logger
            ) { (target) async throws(LinkError) in
                let link = try LinkEmulator(to: target)
                started = link
                return try await link.start()
            }
            return (trio, started!)
        } catch {
            await started?.stop()
            throw error
        }
    }

    private static func stop(_ clients: [ForetokenClient], _ trio: ServiceTrio, _ link: LinkEmulator) async {
        for client in clients { await client.close() }
        await trio.stop()
        await link.stop()
    }
}
