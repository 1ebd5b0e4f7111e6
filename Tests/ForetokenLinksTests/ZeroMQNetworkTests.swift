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

    @Test(arguments: ["tcp://127.0.0.1:0", "tcp://localhost:0", "tcp://lo:*", "ipc://*", "inproc://target"])
    func messagesGoBothWays(address: String) async throws {
        let network = ZeroMQNetwork()
        let (one, other) = (network.makeLoop(name: "one"), network.makeLoop(name: "other"))
        let (atOne, atOther) = (Recorder<LinkEvent>(), Recorder<LinkEvent>())
        let listening = try await one.run { try network.listen(at: address, on: one) { atOne.add($0) } }
        let connecting = try await other.run {
            try network.connect(to: listening.address, on: other) { atOther.add($0) }
        }
        try await other.run {
            for number in 0..<10 { #expect(connecting.send(Self.ping(number), to: .only).isSent) }
        }
        let events = try await atOne.wait(for: 10)
        #expect(events.map(Self.number) == Array(0..<10))
        guard case .message(let envelope, let peer, let bytes) = events[3] else { return }
        #expect(envelope == Self.ping(3) && bytes == Self.ping(3).encoded().count)
        try await one.run {
            #expect(listening.send(Self.ping(11), to: peer) == .sent(bytes: Self.ping(11).encoded().count))
            #expect(listening.send(Self.ping(12), to: PeerID([7])) == .unreachable)
        }
        #expect(try await atOther.wait(for: 1).map(Self.number) == [11])
        try await other.run {
            connecting.close()
            #expect(connecting.send(Self.ping(13), to: .only) == .unreachable)
        }
        try await one.run { listening.close() }
        other.stop()
        one.stop()
    }

    @Test func aHandlerMayAnswerAndClose() async throws {
        let network = ZeroMQNetwork()
        let loop = network.makeLoop(name: "both")
        let (ends, received) = (Recorder<any Link>(), Recorder<LinkEvent>())
        let listening = try await loop.run {
            try network.listen(at: "tcp://127.0.0.1:0", on: loop) { event in
                guard case .message(let envelope, let peer, _) = event else { return }
                _ = ends.elements[0].send(envelope, to: peer)
            }
        }
        ends.add(listening)
        let connecting = try await loop.run {
            try network.connect(to: listening.address, on: loop) { event in
                ends.elements[1].close()
                received.add(event)
            }
        }
        ends.add(connecting)
        try await loop.run {
            for number in 0..<5 { #expect(connecting.send(Self.ping(number), to: .only).isSent) }
        }
        #expect(try await received.wait(for: 1).map(Self.number) == [0])
        try await loop.run { listening.close() }
        loop.stop()
        #expect(received.elements.count == 1)
    }

    @Test func aLinkComesBackAfterTheListenerRestarted() async throws {
        let network = ZeroMQNetwork()
        let loop = network.makeLoop(name: "both")
        let (first, second) = (Recorder<LinkEvent>(), Recorder<LinkEvent>())
        let listening = try await loop.run { try network.listen(at: "tcp://127.0.0.1:0", on: loop) { first.add($0) } }
        let connecting = try await loop.run { try network.connect(to: listening.address, on: loop) { _ in } }
        try await loop.run { #expect(connecting.send(Self.ping(1), to: .only).isSent) }
        try await first.wait(for: 1)
        try await loop.run { listening.close() }
        let again = try await Self.retried(on: loop) {
            try network.listen(at: listening.address, on: loop) { second.add($0) }
        }
        // What is sent before the loss is noticed is lost, as ever; so this sends until something arrives.
        @Sendable func knock() {
            guard second.elements.isEmpty else { return }
            _ = connecting.send(Self.ping(2), to: .only)
            loop.schedule(at: loop.now + 0.02, knock)
        }
        loop.execute(knock)
        #expect(Self.number(try await second.wait(for: 1)[0]) == 2)
        try await loop.run {
            connecting.close()
            again.close()
        }
        loop.stop()
    }

    /// Tries until the port is free: libzmq closes it on a thread of its own.
    private static func retried(
        on loop: any Loop, _ body: @escaping @Sendable () throws -> any Link
    ) async throws -> any Link {
        let deadline = loop.now + 10
        while true {
            do {
                return try await loop.run(body)
            } catch LinkError.addressInUse where loop.now < deadline {
                continue
            }
        }
    }

    @Test func aConnectingLinkHoldsLittleForNobody() async throws {
        let network = ZeroMQNetwork()
        let loop = network.makeLoop(name: "alone")
        let results = try await loop.run {
            let link = try network.connect(to: "tcp://127.0.0.1:1", on: loop) { _ in }
            defer { link.close() }
            return (0..<20).map { link.send(Self.ping($0), to: .only) }
        }
        #expect(results.filter(\.isSent).count == 16)
        #expect(results.last == .full)
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
