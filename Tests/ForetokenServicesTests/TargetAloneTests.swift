import Executors
import ForetokenEngine
import ForetokenLinks
import ForetokenWire
import InProcess
import Logging
import OrderedCollections
import Speculation
import TestSupport
import Testing

@testable import ForetokenServices
@testable import Roles

/// A target and a coordinator without a draft.
@Suite(.oneAtATime) struct TargetAloneTests {
    private static var settings: ServiceSettings {
        var logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        return ServiceSettings(logger: logger, heartbeatMilliseconds: 1000)
    }

    private static let language = SyntheticLanguage(vocabularySize: 64, seed: 1)

    private func withTarget(
        _ network: some Network, at addresses: (target: String, coordinator: String), forgets: Bool = false,
        stop: [String] = [], _ body: (TargetService, TestClient) async throws -> Void
    ) async throws {
        let loops = ["model", "target", "coordinator"].map { network.makeLoop(name: $0) }
        let model = SyntheticModel(language: Self.language, slots: 1, context: 512)
        let engine =
            forgets
            ? TargetEngine(
                model: ForgetfulModel(
                    SyntheticModel(language: Self.language, slots: 1, context: 512), stop: stop), loop: loops[0])
            : TargetEngine(model: model, loop: loops[0])
        let target = TargetService(
            engine: engine, network: network, loop: loops[1], settings: Self.settings)
        let address = try await target.start(at: addresses.target)
        let coordinator = CoordinatorService(
            targets: [address], drafts: [], network: network, loop: loops[2], settings: Self.settings)
        let lobby = try await coordinator.start(at: addresses.coordinator)
        let client = try await TestClient(network: network, heartbeat: 1000, address: lobby)
        try await client.waitUntilUp()
        let result: Result<Void, any Error>
        do { result = .success(try await body(target, client)) } catch { result = .failure(error) }
        await client.close()
        await coordinator.stop()
        await target.stop()
        for loop in loops { loop.stop() }
        try result.get()
    }

    @Test func modelThatCannotTakeBackTokensWritesExactly() async throws {
        try await self.withTarget(
            InProcessNetwork(), at: ("target", "coordinator"), forgets: true
        ) { _, client in
            let answer = try await client.generate(Request(prompt: "a story", maxTokens: 20))
            #expect(answer.status == nil)
            #expect(answer.tokens.count == 20 || answer.finish == .stop)
        }
    }

    @Test func answersEndWhereTheModelGoesOnForSomebodyElse() async throws {
        let request = Request(
            prompt: .chat([ChatTurn(role: "user", content: "a story")]), maxTokens: 60, stop: ["not in the text"])
        var whole = ""
        try await self.withTarget(InProcessNetwork(), at: ("target", "coordinator"), forgets: true) { _, client in
            whole = try await client.generate(request).text
        }
        let other = String(whole.dropFirst(20).prefix(4))
        try await self.withTarget(
            InProcessNetwork(), at: ("target", "coordinator"), forgets: true, stop: [other]
        ) { _, client in
            let answer = try await client.generate(request)
            #expect(answer.text == whole.prefix(upTo: try #require(whole.firstRange(of: other)).lowerBound))
            #expect(answer.finish == .stop)
        }
    }

    /// The message to the target is a little longer than the client's.
    @Test func requestTooLongForTheMessageToTheTargetIsRefused() async throws {
        try await self.withTarget(
            ZeroMQNetwork(), at: ("tcp://127.0.0.1:0", "tcp://127.0.0.1:0")
        ) { _, client in
            let prompt = String(repeating: "a", count: Envelope.maximumSize - 1000)
            var request = Request(prompt: .text(prompt), maxTokens: 1)
            let size = Envelope(call: 1000, .generate(GenerateRequest(request: request))).encoded().count
            request.prompt = .text(prompt + String(repeating: "a", count: Envelope.maximumSize - size))
            let answer = try await client.generate(request)
            #expect(answer.status?.code == .resourceExhausted)
        }
    }

    @Test func promptsThatWaitToBeTokenizedAreBounded() async throws {
        try await self.withTarget(InProcessNetwork(), at: ("target", "coordinator")) { target, _ in
            let most = await target.state.mostOpenings
            let opening = await target.openings(after: 10 * most)
            #expect(opening == most)
        }
    }
}

extension TargetService {
    /// Takes so many requests at once, and counts those that wait then.
    fileprivate func openings(after count: Int) -> Int {
        let peer = PeerID([7])
        self.receive(
            .message(Envelope(.hello(Hello(peer: Peer(role: .coordinator, name: "many")))), from: peer, bytes: 1))
        for call in 1...count {
            let request = OpenRequest(request: Request(prompt: "a", maxTokens: 1))
            self.receive(.message(Envelope(call: UInt64(call), .open(request)), from: peer, bytes: 1))
        }
        return self.state.openings.count
    }
}
