import Executors
import ForetokenLinks
import ForetokenWire
import TestSupport
import Testing
import ZeroMQ

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What a stranger may send to a listening link: each case is reported or cut off, and others are served on.
@Suite(.oneAtATime) struct HostileTests {
    private static let good = Envelope(.ping(Ping(sentMicroseconds: 42)))

    /// A listening link that records what comes, and then proves that it still answers.
    private func withLink(_ attack: (_ address: String, _ received: Recorder<LinkEvent>) async throws -> Void)
        async throws
    {
        let network = ZeroMQNetwork()
        let loop = network.makeLoop(name: "victim")
        let (received, answers) = (Recorder<LinkEvent>(), Recorder<LinkEvent>())
        let ends = Recorder<any Link>()
        let link = try await loop.run {
            try network.listen(at: "tcp://127.0.0.1:0", on: loop) { event in
                if case .disconnected = event { return }
                received.add(event)
                if case .message(let envelope, let peer, _) = event { _ = ends.elements[0].send(envelope, to: peer) }
            }
        }
        ends.add(link)
        try await attack(link.address, received)
        let friend = try await loop.run { try network.connect(to: link.address, on: loop) { answers.add($0) } }
        try await answers.wait(for: 1)
        try await loop.run { #expect(friend.send(Self.good, to: .only).isSent) }
        guard case .message(Self.good, .only, _) = try await answers.wait(for: 2)[1] else {
            Issue.record("no answer but \(answers.elements)")
            return
        }
        try await loop.run {
            friend.close()
            link.close()
        }
        loop.stop()
    }

    @Test func malformedMessagesAreReportedAndDropped() async throws {
        try await self.withLink { address, received in
            let attackers = SocketLoop(name: "attacker")
            let context = Context()
            let garbage: [[[UInt8]]] = [
                [[]],
                [[], []],
                [[0xFF, 0xFF, 0xFF, 0xFF]],
                [[UInt8](repeating: 0x80, count: 100_000)],
                [Self.good.encoded(), Self.good.encoded()],
                Array(repeating: [1, 2, 3], count: 1000),
                [[], Self.good.encoded()],
                // A call without a body.
                [[0x08, 77]],
            ]
            let attack = Attack(messages: garbage)
            try await attackers.run { try attack.start(in: context, address, on: attackers) }
            let events = try await received.wait(for: garbage.count)
            for event in events {
                guard case .malformed = event else {
                    // Nothing at all is an envelope without a body, which the codec has to refuse too.
                    Issue.record("taken for a message: \(event)")
                    continue
                }
            }
            guard case .malformed(.tooLarge(3000), _, _) = events[5] else {
                Issue.record("\(events[5])")
                return
            }
            guard case .malformed(.invalid("body"), _, 77) = events[7] else {
                Issue.record("\(events[7])")
                return
            }
            try await attackers.run { attack.stop(on: attackers) }
            attackers.stop()
        }
    }

    /// Sends prepared messages as soon as it is connected. Used on its loop only.
    private final class Attack: @unchecked Sendable {
        private let messages: [[[UInt8]]]
        private var socket: Socket?
        private var watch: SocketLoop.Watch?

        init(messages: [[[UInt8]]]) {
            self.messages = messages
        }

        func start(in context: Context, _ address: String, on loop: SocketLoop) throws {
            let socket = try Socket(.dealer, in: context)
            try socket.connect(address)
            self.watch = loop.watch(socket, for: .readableAndWritable) { [unowned self] in
                loop.change(self.watch!, to: .readable)
                for message in self.messages { _ = try? self.socket!.send(frames: message) }
            }
            self.socket = consume socket
        }

        func stop(on loop: SocketLoop) {
            if let watch = self.watch { loop.unwatch(watch) }
            self.socket = nil
        }
    }

    @Test func aHugeFrameIsCutOffBeforeItIsSent() async throws {
        try await self.withLink { address, received in
            let connection = try TCP(address)
            try connection.greetAsDealer()
            // A long frame of 100 MiB, of which nothing follows.
            try connection.write([0x02] + (0..<8).map { UInt8(truncatingIfNeeded: (100 << 20) >> (56 - 8 * $0)) })
            #expect(try connection.readsUntilClosed())
            #expect(received.elements.isEmpty)
        }
    }

    @Test func strangersThatSpeakAnotherProtocolAreCutOff() async throws {
        try await self.withLink { address, received in
            let connection = try TCP(address)
            try connection.write(Array("GET / HTTP/1.1\r\nHost: here\r\n\r\n".utf8) + [UInt8](repeating: 0, count: 64))
            #expect(try connection.readsUntilClosed())
            #expect(received.elements.isEmpty)
        }
    }

    /// A plain connection to `tcp://127.0.0.1:port`.
    private struct TCP: ~Copyable {
        struct Failure: Error {
            let code = errno
        }

        private let file: CInt

        init(_ address: String) throws {
            #if canImport(Glibc)
                let stream = CInt(SOCK_STREAM.rawValue)
            #else
                let stream = SOCK_STREAM
            #endif
            self.file = socket(AF_INET, stream, 0)
            var peer = sockaddr_in()
            peer.sin_family = sa_family_t(AF_INET)
            peer.sin_port = UInt16(address.split(separator: ":").last!)!.bigEndian
            peer.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            let result = withUnsafePointer(to: &peer) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(self.file, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            var patience = timeval(tv_sec: Int(Patience.seconds), tv_usec: 0)
            setsockopt(self.file, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
            guard result == 0 else { throw Failure() }
        }

        deinit {
            close(self.file)
        }

        /// The greeting of ZMTP 3.0 (rfc.zeromq.org/spec/23) without security, and the READY command.
        borrowing func greetAsDealer() throws {
            let signature: [UInt8] = [0xFF] + [UInt8](repeating: 0, count: 8) + [0x7F]
            let mechanism = Array("NULL".utf8) + [UInt8](repeating: 0, count: 16)
            try self.write(signature + [3, 0] + mechanism + [UInt8](repeating: 0, count: 32))
            let property = [11] + Array("Socket-Type".utf8) + [0, 0, 0, 6] + Array("DEALER".utf8)
            let ready = [5] + Array("READY".utf8) + property
            try self.write([0x04, UInt8(ready.count)] + ready)
        }

        borrowing func write(_ bytes: [UInt8]) throws {
            guard send(self.file, bytes, bytes.count, 0) == bytes.count else {
                throw Failure()
            }
        }

        /// Whether the other side ends the connection, within the time-out.
        borrowing func readsUntilClosed() throws -> Bool {
            var bytes = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = recv(self.file, &bytes, bytes.count, 0)
                if count == 0 || (count < 0 && errno == ECONNRESET) { return true }
                if count < 0 && errno != EINTR { return false }
            }
        }
    }
}
