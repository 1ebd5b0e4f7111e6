import Executors
import ForetokenEngine
import ForetokenLinks
import ForetokenWire
import InProcess
import Speculation
import TestSupport
import Testing

@testable import ForetokenServices

/// Wrong requests get a named error; hostile messages change nothing for others.
@Suite(.oneAtATime) struct BadInputTests {
    @Test func wrongRequestsAreNamed() async throws {
        try await withCluster(try await Cluster(context: 100)) { _, client in
            let cases: [(Request, Status.Code, String)] = [
                (Request(prompt: ""), .invalidArgument, "empty"),
                (Request(prompt: .text(String(repeating: "x", count: 100))), .outOfRange, "100 tokens"),
                (Request(prompt: .chat([])), .invalidArgument, "empty"),
                (Request(prompt: .tokens([1, 9999])), .invalidArgument, "token 9999 is not in the vocabulary"),
                (Request(prompt: "x", committed: [9999]), .invalidArgument, "not in the vocabulary"),
                (Request(prompt: "x", committed: [1, 2, 3], maxTokens: 2), .invalidArgument, "committed already"),
            ]
            for (request, code, words) in cases {
                let answer = try await client.generate(request)
                #expect(answer.status?.code == code)
                #expect(answer.status?.message.contains(words) == true, "\(answer.status?.message ?? "")")
            }
            let good = try await client.generate(Request(prompt: "x", maxTokens: 5))
            #expect(good.status == nil)
        }
    }

    @Test func promptThatFillsTheContextEndsAtItsEnd() async throws {
        try await withCluster(try await Cluster(context: 100)) { cluster, client in
            let request = Request(
                prompt: .text(String(repeating: "ab", count: 48)), maxTokens: 50, lookahead: "fixed:4")
            let answer = try await client.generate(request)
            let reference = try cluster.reference(request)
            #expect(answer.tokens == reference)
            #expect(answer.tokens.count <= 4)
        }
    }

    /// A hostile draft: greets as one, is given a sequence, and sends what no draft would.
    @Test func hostileBlocksAreRefusedByNameAndChangeNothing() async throws {
        try await withCluster(try await Cluster(context: 4096, passSeconds: Cluster.hold)) { cluster, _ in
            let stranger = try await Stranger(network: cluster.network, address: "target")
            let model = cluster.makeModel().description
            await stranger.send(
                Envelope(
                    .hello(
                        Hello(peer: Peer(role: .draft, name: "stranger", model: model, heartbeatMilliseconds: 60_000))))
            )
            _ = try await stranger.next { if case .welcome = $0.body { true } else { false } }
            let owner = try await Stranger(network: cluster.network, address: "target")
            let peer = Peer(role: .coordinator, name: "owner", heartbeatMilliseconds: 60_000)
            await owner.send(Envelope(.hello(Hello(peer: peer))))
            _ = try await owner.next { if case .welcome = $0.body { true } else { false } }

            // Under way when the blocks arrive.
            let request = Request(prompt: "prompt", maxTokens: 3000, lookahead: "fixed:4")
            await owner.send(
                Envelope(call: 7, .open(OpenRequest(request: request, draft: "stranger", lookahead: "fixed:4"))))
            let opened = try await owner.next { if case .opened = $0.body { true } else { false } }
            guard case .opened(let sequence) = opened.body else { return }

            let hostile = [
                Block(sequence: sequence.sequence, position: 0, fingerprint: .empty, tokens: [4_000_000]),
                Block(sequence: sequence.sequence, position: 1_000_000, fingerprint: .empty, tokens: [1]),
                Block(sequence: sequence.sequence, position: 10, fingerprint: Fingerprint(1), tokens: [1, 2, 3]),
                Block(sequence: 999, position: 10, fingerprint: Fingerprint(1), tokens: [1, 2, 3]),
            ]
            await stranger.send(hostile.map { Envelope(.block($0)) })
            var refusals: [String] = []
            for _ in 0..<2 {
                let next = try await stranger.next { if case .status = $0.body { true } else { false } }
                guard case .status(let status) = next.body else { continue }
                #expect(status.code == .invalidArgument)
                refusals.append(status.message)
            }
            await cluster.takePasses(of: 0)
            var tokens: [Token] = []
            var isOver = false
            while !isOver {
                let next = try await owner.next { if case .committed = $0.body { true } else { false } }
                guard case .committed(let committed) = next.body else { continue }
                tokens += committed.pieces.map(\.token)
                isOver = committed.finish != nil
            }
            #expect(refusals.contains { $0.contains("token 4000000, but the vocabulary ends before 64") })
            #expect(refusals.contains { $0.contains("position 1000000") })
            let reference = try cluster.reference(request)
            #expect(tokens == reference)
            await owner.close()
            await stranger.close()
        }
    }

    @Test func anotherVersionOfTheProtocolIsRefusedByName() async throws {
        try await withCluster(try await Cluster()) { cluster, _ in
            for address in ["target", "draft", "coordinator"] {
                let stranger = try await Stranger(network: cluster.network, address: address)
                await stranger.send(
                    Envelope(.hello(Hello(protocolVersion: 99, peer: Peer(role: .client, name: "new")))))
                let answer = try await stranger.next { if case .status = $0.body { true } else { false } }
                guard case .status(let status) = answer.body else { continue }
                #expect(status.code == .failedPrecondition)
                #expect(status.message.contains("99"))
                await stranger.close()
            }
        }
    }

    @Test func whoHasNotGreetedIsToldSo() async throws {
        try await withCluster(try await Cluster()) { cluster, _ in
            let stranger = try await Stranger(network: cluster.network, address: "coordinator")
            await stranger.send(Envelope(call: 1, .generate(GenerateRequest(request: Request(prompt: "x")))))
            let answer = try await stranger.next { if case .status = $0.body { true } else { false } }
            #expect(answer.body == .status(Status(.unauthenticated, "say Hello first")))
            await stranger.close()
        }
    }

    @Test func draftWithAnotherVocabularyIsRefusedByName() async throws {
        try await withCluster(try await Cluster()) { cluster, _ in
            let stranger = try await Stranger(network: cluster.network, address: "target")
            var model = cluster.makeModel().description
            model.vocabularyFingerprint ^= 1
            model.name = "other"
            await stranger.send(
                Envelope(
                    .hello(
                        Hello(peer: Peer(role: .draft, name: "stranger", model: model, heartbeatMilliseconds: 60_000))))
            )
            let answer = try await stranger.next { if case .status = $0.body { true } else { false } }
            guard case .status(let status) = answer.body else { return }
            #expect(status.code == .failedPrecondition)
            #expect(status.message.contains("\"other\" has another vocabulary"))
            await stranger.close()
        }
    }
}

/// Sends and takes single messages.
actor Stranger {
    private nonisolated let loop: any Loop
    private var link: (any Link)?
    private var arrived: [Envelope] = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { self.loop.asUnownedSerialExecutor() }

    init(network: InProcessNetwork, address: String) async throws {
        self.loop = network.makeLoop(name: "stranger")
        try self.connect(network, address)
    }

    private func connect(_ network: InProcessNetwork, _ address: String) throws {
        self.link = try network.connect(to: address, on: self.loop) { [weak self] event in
            guard case .message(let envelope, _, _) = event else { return }
            self?.assumeIsolated { $0.arrived.append(envelope) }
        }
    }

    func send(_ envelope: Envelope) {
        self.send([envelope])
    }

    func send(_ envelopes: [Envelope]) {
        for envelope in envelopes { _ = self.link?.send(envelope, to: .only) }
    }

    /// With a heartbeat so long that its silence is not noticed.
    func greet(asDraftWith model: ModelDescription) {
        let peer = Peer(role: .draft, name: "stranger", model: model, heartbeatMilliseconds: 60_000)
        self.send(Envelope(.hello(Hello(peer: peer))))
    }

    func close() {
        self.link?.close()
        self.link = nil
    }

    /// The first message of a kind; drops those before it.
    func next(_ wanted: @Sendable (Envelope) -> Bool) async throws -> Envelope {
        let deadline = self.loop.now + Patience.seconds
        while self.loop.now < deadline {
            while !self.arrived.isEmpty {
                let envelope = self.arrived.removeFirst()
                if wanted(envelope) { return envelope }
            }
            await withCheckedContinuation { continuation in
                self.loop.schedule(at: self.loop.now + 0.001) { continuation.resume() }
            }
        }
        throw TestClient.TimedOut()
    }
}
