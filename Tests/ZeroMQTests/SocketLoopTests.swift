import Synchronization
import TestSupport
import Testing
import ZeroMQ

@Suite(.oneAtATime) struct SocketLoopTests {
    /// A watched socket that hands everything to a closure; of a dealer, also the news that it is connected, as an
    /// empty message.
    final class Endpoint: @unchecked Sendable {
        // Used on its loop only.
        private var socket: Socket?
        private var watch: SocketLoop.Watch?
        let loop: SocketLoop
        let onMessage: @Sendable (Endpoint, _ payload: [UInt8], _ peer: [UInt8]) -> Void

        init(loop: SocketLoop, onMessage: @escaping @Sendable (Endpoint, [UInt8], [UInt8]) -> Void) {
            self.loop = loop
            self.onMessage = onMessage
        }

        func open(_ kind: SocketKind, in context: Context, _ address: String) throws -> String {
            let socket = try Socket(kind, in: context)
            let real: String
            switch kind {
            case .router:
                real = try socket.bind(address)
            case .dealer:
                try socket.connect(address)
                real = address
            }
            self.watch = self.loop.watch(socket, for: kind == .dealer ? .readableAndWritable : .readable) {
                [unowned self] in
                self.drain(kind)
            }
            self.socket = consume socket
            return real
        }

        private func drain(_ kind: SocketKind) {
            if kind == .dealer {
                // Writable for the first time: connected.
                self.loop.change(self.watch!, to: .readable)
                if !self.started {
                    self.started = true
                    self.onMessage(self, [], [])
                }
            }
            while self.socket != nil,
                let (payload, peer) = try? self.socket!.receive({ (Array($0.payload), Array($0.peer)) })
            {
                self.onMessage(self, payload, peer)
            }
        }

        private var started = false
        var next = 0

        func send(_ payload: [UInt8], to peer: [UInt8] = []) {
            #expect(throws: Never.self) { try #require(try self.socket!.send(payload, to: peer) == .sent) }
        }

        func close() {
            if let watch = self.watch { self.loop.unwatch(watch) }
            self.socket = nil
        }
    }

    @Test(arguments: ["tcp://127.0.0.1:0", "ipc://*", "inproc://ping-pong"])
    func pingPongBetweenTwoLoops(address: String) async throws {
        let context = Context()
        let (serving, asking) = (SocketLoop(name: "server"), SocketLoop(name: "client"))
        defer {
            asking.stop()
            serving.stop()
        }
        let rounds = 2000
        let done = Recorder<[UInt8]>()
        let server = Endpoint(loop: serving) { server, payload, peer in server.send(payload, to: peer) }
        let client = Endpoint(loop: asking) { client, payload, _ in
            guard payload.count < rounds else { return done.add(payload) }
            client.send(payload + [1])
        }
        let real = try await serving.run { try server.open(.router, in: context, address) }
        try await asking.run { try client.open(.dealer, in: context, real) }
        #expect(try await done.wait(for: 1).first?.count == rounds)
        try await asking.run { client.close() }
        try await serving.run { server.close() }
    }

    @Test func tenThousandMessagesArriveInOrder() async throws {
        let context = Context()
        let (serving, asking) = (SocketLoop(name: "server"), SocketLoop(name: "client"))
        defer {
            asking.stop()
            serving.stop()
        }
        let (received, answered) = (Recorder<Int>(), Recorder<Void>())
        let server = Endpoint(loop: serving) { server, payload, peer in
            received.add(Int(payload[0]) << 8 | Int(payload[1]))
            server.send([], to: peer)
        }
        // 100 on the way at once, fewer than the queues hold.
        let client = Endpoint(loop: asking) { client, _, peer in
            let first = client.next == 0
            if !first { answered.add(()) }
            for _ in 0..<(first ? 100 : 1) where client.next < 10_000 {
                client.send([UInt8(client.next >> 8), UInt8(client.next & 255)])
                client.next += 1
            }
        }
        let real = try await serving.run { try server.open(.router, in: context, "tcp://127.0.0.1:0") }
        try await asking.run { try client.open(.dealer, in: context, real) }
        #expect(try await received.wait(for: 10_000) == Array(0..<10_000))
        // Nobody leaves while the other sends.
        try await answered.wait(for: 10_000)
        try await asking.run { client.close() }
        try await serving.run { server.close() }
    }

    @Test func stoppingWithOpenSocketsEnds() async throws {
        let context = Context()
        let loop = SocketLoop(name: "test")
        let endpoint = Endpoint(loop: loop) { _, _, _ in }
        let address = try await loop.run { try endpoint.open(.router, in: context, "tcp://127.0.0.1:0") }
        #expect(address.hasPrefix("tcp://127.0.0.1:") && !address.hasSuffix(":0"))
        loop.stop()
        try await loop.run { endpoint.close() }
    }
}
