import Foretoken
import ForetokenLinks
import ForetokenWire
import Foundation
import Speculation
import TestSupport
import Testing
import ZeroMQ

/// A served target takes anything that comes over its port, and goes on serving.
@Suite(.oneAtATime) struct HostileWireTests {
    private static let count = 1000

    @Test func wrongVersionIsRefusedByName() async throws {
        let target = try await Service.target()
        let peer = try await WirePeer(to: target.address)
        peer.greet(.coordinator, name: "test", version: 99)
        let status = try await peer.status()
        #expect(status.code == .failedPrecondition)
        #expect(status.message.contains("99"))
        try await self.expectServing(target)
    }

    @Test func randomBytesAndHugeFramesAreDropped() async throws {
        let target = try await Service.target()
        var random = SystemRandomNumberGenerator()
        var frames: [[UInt8]] = (0..<200).map { size in (0..<(1 + size * 7)).map { _ in random.next() } }
        frames.append([UInt8](repeating: 0x0a, count: 100 << 20))
        frames += (0..<20).map { _ in [0xff, 0xff, 0xff, 0xff, 0x7f] }
        try self.sendRaw(frames, to: target.address)
        try await self.expectServing(target)
    }

    /// Sends frames as they are, each over a connection that may be cut off for it.
    private func sendRaw(_ frames: [[UInt8]], to address: String) throws {
        let context = Context()
        var options = SocketOptions()
        options.linger = 5
        let end = ContinuousClock.now + .seconds(Patience.seconds)
        for part in [frames.prefix(200), frames.dropFirst(200).prefix(1), frames.dropFirst(201)] {
            let socket = try Socket(.dealer, in: context, options: options)
            try socket.connect(address)
            for frame in part {
                while try socket.send(frame) == .full { try #require(ContinuousClock.now < end) }
            }
        }
    }

    @Test func impossibleBlocksAreRefusedByName() async throws {
        let target = try await Service.target()
        let owner = try await WirePeer(to: target.address)
        owner.greet(.coordinator, name: "owner")
        let peer = try await owner.welcome()
        let draft = try await WirePeer(to: target.address)
        draft.greet(.draft, name: "liar", like: peer)
        _ = try await draft.welcome()

        // Long enough to be under way when the blocks come.
        let request = Request(prompt: "import Foundation", maxTokens: Self.count, lookahead: .fixed(4))
        owner.send(Envelope(call: 7, .open(OpenRequest(request: request, draft: "liar", lookahead: .fixed(4)))))
        let mirror = try await draft.next {
            if case .mirror(let mirror) = $0.body { mirror } else { nil }
        }

        func refusal(position: Int, tokens: [Token]) async throws -> String {
            let fingerprint = Fingerprint.empty.appending(mirror.tokens)
            let block = Block(
                sequence: mirror.sequence, position: position, fingerprint: fingerprint, tokens: tokens)
            draft.send(Envelope(.block(block)))
            let status = try await draft.status()
            #expect(status.code == .invalidArgument)
            return status.message
        }
        #expect(try await refusal(position: mirror.tokens.count, tokens: [1_000_000]).contains("1000000"))
        #expect(try await refusal(position: 100_000, tokens: [1]).contains("100000"))

        // Blocks that nobody asked for are nobody's.
        draft.send(Envelope(.block(Block(sequence: 12345, position: 3, fingerprint: .empty, tokens: [1, 2, 3]))))
        var tokens: [Token] = []
        _ = try await owner.next { envelope -> FinishReason? in
            guard case .committed(let committed) = envelope.body else { return nil }
            tokens += committed.pieces.map(\.token)
            return committed.finish
        }
        #expect(try await self.expectServing(target) == tokens)
    }

    /// - Returns: what it writes.
    @discardableResult
    private func expectServing(_ target: Service) async throws -> [Token] {
        #expect(target.process.snapshot.status == nil)
        let coordinator = try await Service.coordinator(target: target, drafts: [])
        return try await withClient(of: coordinator) {
            try await $0.tokens("import Foundation", count: Self.count, lookahead: "off")
        }
    }
}
