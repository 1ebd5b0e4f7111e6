import Executors
import ForetokenLinks
import ForetokenWire
import TestSupport
import Testing

@Suite(.oneAtATime) struct ZeroMQNetworkTests {
    private static func ping(_ number: Int) -> Envelope {
        Envelope(call: 5, .ping(Ping(sentMicroseconds: UInt64(number))))
    }

    private static func number(_ event: LinkEvent) -> Int {
        guard case .message(let envelope, _, _) = event, case .ping(let ping) = envelope.body else { return -1 }
        return Int(ping.sentMicroseconds)
    }

    /// Two ends of a link in one process, on loops of their own, and what each is told.
    private final class Ends: Sendable {
        let (network, atListener, atConnector) = (ZeroMQNetwork(), Recorder<LinkEvent>(), Recorder<LinkEvent>())
        let (listener, connector): (any Loop, any Loop)

        init() {
            (self.listener, self.connector) = (self.network.makeLoop(name: "one"), self.network.makeLoop(name: "other"))
        }

        func listen(at address: String) async throws -> any Link {
            let deadline = self.listener.now + Patience.seconds
            while true {
                do {
                    return try await self.listener.run {
                        try self.network.listen(at: address, on: self.listener) { self.atListener.add($0) }
                    }
                } catch LinkError.addressInUse where self.listener.now < deadline {
                    // libzmq closes a port on a thread of its own.
                    continue
                }
            }
        }

        func connect(to address: String) async throws -> any Link {
            try await self.connector.run {
                try self.network.connect(to: address, on: self.connector) { self.atConnector.add($0) }
            }
        }

        func close(_ listening: any Link, _ connecting: any Link) async throws {
            try await self.connector.run { connecting.close() }
            try await self.listener.run { listening.close() }
            self.connector.stop()
            self.listener.stop()
        }
    }

    @Test(arguments: ["tcp://127.0.0.1:0", "tcp://localhost:0", "tcp://lo:*", "ipc://*", "inproc://target"])
    func messagesGoBothWays(address: String) async throws {
        let ends = Ends()
        let listening = try await ends.listen(at: address)
        let connecting = try await ends.connect(to: listening.address)
        // libzmq tells of no connection within the process, which is there at once.
        let isTold = !address.hasPrefix("inproc:")
        if isTold { #expect(try await ends.atConnector.wait(for: 1)[0].isConnected) }
        try await ends.connector.run {
            for number in 0..<10 { #expect(connecting.send(Self.ping(number), to: .only).isSent) }
        }
        let events = try await ends.atListener.wait(for: 10)
        #expect(events.map(Self.number) == Array(0..<10))
        guard case .message(let envelope, let peer, let bytes) = events[3] else { return }
        #expect(envelope == Self.ping(3) && bytes == Self.ping(3).encoded().count)
        try await ends.listener.run {
            #expect(listening.send(Self.ping(11), to: peer) == .sent(bytes: Self.ping(11).encoded().count))
            #expect(listening.send(Self.ping(12), to: PeerID([7])) == .unreachable)
        }
        #expect(try await ends.atConnector.wait(for: isTold ? 2 : 1).last.map(Self.number) == 11)
        try await ends.connector.run {
            connecting.close()
            #expect(connecting.send(Self.ping(13), to: .only) == .unreachable)
        }
        if isTold { #expect(try await ends.atListener.wait(for: 11)[10].ended == peer) }
        try await ends.close(listening, connecting)
    }

    @Test func aHandlerMayAnswerAndClose() async throws {
        let network = ZeroMQNetwork()
        let loop = network.makeLoop(name: "both")
        let (ends, connected, received) = (Recorder<any Link>(), Recorder<Void>(), Recorder<LinkEvent>())
        let listening = try await loop.run {
            try network.listen(at: "tcp://127.0.0.1:0", on: loop) { event in
                guard case .message(let envelope, let peer, _) = event else { return }
                _ = ends.elements[0].send(envelope, to: peer)
            }
        }
        ends.add(listening)
        let connecting = try await loop.run {
            try network.connect(to: listening.address, on: loop) { event in
                if event.isConnected { return connected.add(()) }
                ends.elements[1].close()
                received.add(event)
            }
        }
        ends.add(connecting)
        try await connected.wait(for: 1)
        try await loop.run {
            for number in 0..<5 { #expect(connecting.send(Self.ping(number), to: .only).isSent) }
        }
        #expect(try await received.wait(for: 1).map(Self.number) == [0])
        try await loop.run { listening.close() }
        loop.stop()
        #expect(received.elements.count == 1)
    }

    /// No heartbeat plays a part in this: the connecting end hears at once that the other is gone, and there again.
    @Test func aConnectingEndIsToldThatTheListenerRestarted() async throws {
        let ends = Ends()
        var listening = try await ends.listen(at: "tcp://127.0.0.1:0")
        let connecting = try await ends.connect(to: listening.address)
        var told = try await ends.atConnector.wait(for: 1).count
        for generation in 0..<3 {
            // What is sent while the former listener is closing is lost, as ever; so this sends until something arrives.
            @Sendable func knock() {
                guard ends.atListener.elements.count == generation else { return }
                _ = connecting.send(Self.ping(generation), to: .only)
                ends.connector.schedule(at: ends.connector.now + 0.02, knock)
            }
            ends.connector.execute(knock)
            try await ends.atListener.wait(for: generation + 1)
            #expect(ends.atListener.elements.allSatisfy { Self.number($0) <= generation })
            try await ends.listener.run { [listening] in listening.close() }
            let events = try await ends.atConnector.wait(for: told + 1)
            #expect(events[told].ended == .only)
            listening = try await ends.listen(at: listening.address)
            while ends.atConnector.elements.last?.isConnected != true {
                told = ends.atConnector.elements.count
                try await ends.atConnector.wait(for: told + 1)
            }
            told = ends.atConnector.elements.count
        }
        try await ends.close(listening, connecting)
    }

    /// Descriptors are used again at once, so that an end is easily taken for another's.
    @Test func everyPeerThatLeavesIsNamedAndNoOther() async throws {
        let ends = Ends()
        let listening = try await ends.listen(at: "tcp://127.0.0.1:0")
        let staying = try await ends.connect(to: listening.address)
        try await ends.atConnector.wait(for: 1)
        try await ends.connector.run { #expect(staying.send(Self.ping(0), to: .only).isSent) }
        guard case .message(_, let stayer, _) = try await ends.atListener.wait(for: 1)[0] else { return }
        for number in 1...40 {
            let passing = try await ends.connect(to: listening.address)
            try await ends.atConnector.wait(for: 1 + number)
            // The last message is read before its sender's end is told.
            try await ends.connector.run {
                #expect(passing.send(Self.ping(number), to: .only).isSent)
                #expect(passing.send(Self.ping(number), to: .only).isSent)
                if number % 2 == 0 { passing.close() }
            }
            try await ends.atListener.wait(for: 3 * number)
            if number % 2 == 1 { try await ends.connector.run { passing.close() } }
            let events = try await ends.atListener.wait(for: 3 * number + 1).suffix(3)
            guard case .message(_, let passer, _) = events.first else { return }
            #expect(passer != stayer && events.map(Self.number) == [number, number, -1])
            #expect(events.last?.ended == passer)
        }
        try await ends.close(listening, staying)
    }

    /// More waits than is read in one go, as after a while in which this side was asleep.
    @Test func anEndIsToldBehindAllThatCameBeforeIt() async throws {
        let (ends, woken) = (Ends(), Recorder<Void>())
        let listening = try await ends.listener.run {
            try ends.network.listen(at: "tcp://127.0.0.1:0", atMost: 1024, on: ends.listener) { event in
                ends.atListener.add(event)
                while woken.elements.isEmpty {}
            }
        }
        let connecting = try await ends.connect(to: listening.address)
        try await ends.atConnector.wait(for: 1)
        try await ends.connector.run {
            for number in 0..<200 { #expect(connecting.send(Self.ping(number), to: .only).isSent) }
        }
        try await ends.atListener.wait(for: 1)
        // libzmq has one thread for all: what goes another way meanwhile comes after what was sent, and after the end.
        let other = try await ends.connector.run {
            try ends.network.listen(at: "tcp://127.0.0.1:0", on: ends.connector) { ends.atConnector.add($0) }
        }
        let passer = try await ends.connect(to: other.address)
        try await ends.atConnector.wait(for: 2)
        for number in 0..<20 {
            try await ends.connector.run {
                if number == 10 { connecting.close() }
                #expect(passer.send(Self.ping(number), to: .only).isSent)
            }
            try await ends.atConnector.wait(for: 3 + number)
        }
        woken.add(())
        let events = try await ends.atListener.wait(for: 201)
        #expect(events.map(Self.number) == Array(0..<200) + [-1] && events.last?.ended != nil)
        try await ends.connector.run {
            passer.close()
            other.close()
        }
        try await ends.close(listening, connecting)
    }

    @Test func aConnectingLinkKeepsNothingForNobody() async throws {
        let network = ZeroMQNetwork()
        let loop = network.makeLoop(name: "alone")
        let result = try await loop.run {
            let link = try network.connect(to: "tcp://127.0.0.1:1", on: loop) { _ in }
            defer { link.close() }
            return link.send(Self.ping(1), to: .only)
        }
        #expect(result == .unreachable)
        loop.stop()
    }

    @Test func errorsAreInWords() async throws {
        let network = try ZeroMQNetwork(.insecure)
        let loop = network.makeLoop(name: "errors")
        let foreign = ThreadLoop(name: "foreign")
        try await loop.run {
            let link = try network.listen(at: "tcp://127.0.0.1:*", on: loop) { _ in }
            defer { link.close() }
            let error = #expect(throws: LinkError.addressInUse(link.address)) {
                try network.listen(at: link.address, on: loop) { _ in }
            }
            #expect(error?.description.contains("port 0 takes a free one") == true)
            #expect(throws: LinkError.badAddress("host:1", reason: "it does not begin with tcp://")) {
                try network.connect(to: "host:1", on: loop) { _ in }
            }
            // An address that is kept for documentation (RFC 5737), so no machine has it.
            let away = "tcp://192.0.2.1:7000"
            let elsewhere = #expect(throws: LinkError.notHere(away, reason: "no interface here has that address")) {
                try network.listen(at: away, on: loop) { _ in }
            }
            #expect(elsewhere?.description.contains("take an address of this machine, or *") == true)
            // A name that is kept for those that never resolve (RFC 2606).
            let nowhere = "tcp://nowhere.invalid:7000"
            let reason = "nowhere.invalid is neither an interface here nor a name that resolves"
            #expect(throws: LinkError.notHere(nowhere, reason: reason)) {
                try network.listen(at: nowhere, on: loop) { _ in }
            }
        }
        try await foreign.run {
            #expect(throws: LinkError.self) { try network.listen(at: "tcp://127.0.0.1:0", on: foreign) { _ in } }
        }
        foreign.stop()
        loop.stop()
    }
}

extension LinkEvent {
    fileprivate var isConnected: Bool { if case .connected = self { true } else { false } }
    fileprivate var ended: PeerID? { if case .disconnected(let peer) = self { peer } else { nil } }
}
