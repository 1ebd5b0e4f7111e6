import Foretoken
import ForetokenWire
import Logging
import TestSupport
import Testing

@testable import ForetokenLinks
@testable import ForetokenServices

/// One member or coordinator whose key is not listed leaves the others in use.
@Suite(.oneAtATime) struct MissingKeyTests {
    @Test func whoeverIsListedIsReachedThoughAnotherIsNot() async throws {
        let folder = try TemporaryFolder()
        _ = try KeysDirectory(folder.path).make()
        let network = try ZeroMQNetwork(.keys(Keyring(folder.path, role: .coordinator)))
        let settings = ServiceSettings(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        func coordinator(_ targets: [String]) -> CoordinatorService {
            CoordinatorService(
                targets: targets, network: network, loop: network.makeLoop(name: "coordinator"), settings: settings)
        }
        let (nobody, listed) = ("nobody@tcp://127.0.0.1:1", "tcp://127.0.0.1:1")
        let alone = coordinator([nobody])
        await #expect(throws: LinkError.self) { try await alone.start(at: "tcp://127.0.0.1:0") }
        let service = coordinator([nobody, listed])
        let address = try await service.start(at: "tcp://127.0.0.1:0")

        let client = ForetokenClient(addresses: [nobody, address], keys: folder.path)
        try await client.connect()
        #expect(try await client.describe().targets.count == 2)
        await client.close()
        let other = ForetokenClient(addresses: [nobody], keys: folder.path)
        await #expect(throws: ForetokenError.self) { try await other.connect() }
        await other.close()
        await service.stop()
    }
}
