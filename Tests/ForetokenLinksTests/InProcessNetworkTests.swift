import Dispatch
import Executors
import ForetokenLinks
import ForetokenWire
import InProcess
import TestSupport
import Testing

@Suite(.oneAtATime) struct InProcessNetworkTests {
    private static let address = "tcp://target:7001"

    private static func ping(_ number: Int) -> Envelope {
        Envelope(.ping(Ping(sentMicroseconds: UInt64(number))))
    }

    /// A listening link that records what comes, and a connected one; both closed at the end.
    private func withLinks(
        on network: InProcessNetwork, to address: String = Self.address,
        _ body: (
            _ loops: (any Loop, any Loop), _ links: (listening: any Link, connecting: any Link),
            _ received: (listening: Recorder<LinkEvent>, connecting: Recorder<LinkEvent>)
        ) async throws -> Void
    ) async throws {
        let (one, other) = (network.makeLoop(name: "one"), network.makeLoop(name: "other"))
        let (atOne, atOther) = (Recorder<LinkEvent>(), Recorder<LinkEvent>())
        let listening = try await one.run { try network.listen(at: address, on: one) { atOne.add(message: $0) } }
        let connecting = try await other.run {
            try network.connect(to: listening.address, on: other) { atOther.add(message: $0) }
        }
        try await body((one, other), (listening, connecting), (atOne, atOther))
        try await other.run { connecting.close() }
        try await one.run { listening.close() }
        other.stop()
        one.stop()
    }

    /// Runs `body` while a loop is kept from taking anything, so that what is sent to it meanwhile is under way.
    private func holding<Result>(_ loop: any Loop, _ body: () async throws -> Result) async rethrows -> Result {
        let gate = DispatchSemaphore(value: 0)
        loop.execute { gate.wait() }
        defer { gate.signal() }
        return try await body()
    }

    /// Which of `count` messages arrive, in the order in which they do. The last one is sent without faults.
    private func fate(of count: Int, seed: UInt64, faults: Faults) async throws -> [Int] {
        let network = InProcessNetwork(seed: seed, faults: faults)
        let numbers = Recorder<Int>()
        try await self.withLinks(on: network) { loops, links, received in
            try await loops.1.run {
                for number in 0..<count { #expect(links.connecting.send(Self.ping(number), to: .only).isSent) }
                network.faults = Faults(delay: 0.2...0.2)
                #expect(links.connecting.send(Self.ping(count), to: .only).isSent)
            }
            var seen = 0
            repeat {
                let events = try await received.listening.wait(for: seen + 1)
                for event in events[seen...] { numbers.add(Self.number(event)) }
                seen = events.count
            } while numbers.elements.last != count
        }
        return numbers.elements
    }

    private static func number(_ event: LinkEvent) -> Int {
        guard case .message(let envelope, _, _) = event, case .ping(let ping) = envelope.body else { return -1 }
        return Int(ping.sentMicroseconds)
    }

    @Test func messagesGoBothWaysInOrder() async throws {
        try await self.withLinks(on: InProcessNetwork()) { loops, links, received in
            try await loops.1.run {
                for number in 0..<500 { #expect(links.connecting.send(Self.ping(number), to: .only).isSent) }
            }
            let events = try await received.listening.wait(for: 500)
            #expect(events.map(Self.number) == Array(0..<500))
            guard case .message(_, let peer, _) = events[0] else { return }
            try await loops.0.run {
                #expect(links.listening.send(Self.ping(7), to: peer).isSent)
                #expect(links.listening.send(Self.ping(8), to: PeerID([9, 9])) == .unreachable)
            }
            #expect(try await received.connecting.wait(for: 1).map(Self.number) == [7])
        }
    }

    @Test func aSeedDecidesWhatIsLostAndWhatComesTwice() async throws {
        let faults = Faults(drop: 0.3, duplicate: 0.2)
        let first = try await self.fate(of: 400, seed: 1, faults: faults)
        #expect(try await self.fate(of: 400, seed: 1, faults: faults) == first)
        #expect(try await self.fate(of: 400, seed: 2, faults: faults) != first)
        let distinct = Set(first).count
        #expect((230..<330).contains(distinct))
        #expect((30..<100).contains(first.count - distinct))
        #expect(first == first.sorted())
    }

    @Test func unequalDelaysReorder() async throws {
        let order = try await self.fate(of: 50, seed: 3, faults: Faults(delay: 0...0.1))
        #expect(order != order.sorted())
        #expect(order.sorted() == Array(0...50))
    }

    @Test func nobodyThereIsUnreachable() async throws {
        let network = InProcessNetwork()
        let loop = network.makeLoop(name: "alone")
        defer { loop.stop() }
        let received = Recorder<LinkEvent>()
        try await loop.run {
            let early = try network.connect(to: Self.address, on: loop) { _ in }
            #expect(early.send(Self.ping(0), to: .only) == .unreachable)
            let listening = try network.listen(at: Self.address, on: loop) { received.add(message: $0) }
            #expect(throws: LinkError.addressInUse(Self.address)) {
                try network.listen(at: Self.address, on: loop) { _ in }
            }
            #expect(early.send(Self.ping(1), to: .only).isSent)
            listening.close()
            #expect(early.send(Self.ping(2), to: .only) == .unreachable)
            let again = try network.listen(at: Self.address, on: loop) { received.add(message: $0) }
            #expect(early.send(Self.ping(3), to: .only).isSent)
            early.close()
            #expect(early.send(Self.ping(4), to: .only) == .unreachable)
            #expect(again.send(Self.ping(5), to: PeerID([0, 0, 0, 1])) == .unreachable)
            let last = try network.connect(to: Self.address, on: loop) { _ in }
            #expect(last.send(Self.ping(6), to: .only).isSent)
        }
        // What was on the way to a link that closed, or from one that did, is lost.
        #expect(try await received.wait(for: 1).map(Self.number) == [6])
    }

    @Test func cutLinksLoseWhatIsUnderWay() async throws {
        let network = InProcessNetwork()
        try await self.withLinks(on: network) { loops, links, received in
            try await self.holding(loops.0) {
                try await loops.1.run {
                    #expect(links.connecting.send(Self.ping(1), to: .only).isSent)
                    network.disconnect(Self.address)
                    #expect(links.connecting.send(Self.ping(2), to: .only) == .unreachable)
                    network.reconnect(Self.address)
                    #expect(links.connecting.send(Self.ping(3), to: .only).isSent)
                }
            }
            #expect(try await received.listening.wait(for: 1).map(Self.number) == [3])
        }
    }

    @Test func bothEndsAreToldOfConnectionsAndTheirEnds() async throws {
        let network = InProcessNetwork()
        let loop = network.makeLoop(name: "both")
        defer { loop.stop() }
        let told = Recorder<String>()
        @Sendable func tell(_ who: String) -> @Sendable (LinkEvent) -> Void {
            { event in
                switch event {
                case .connected: told.add("\(who) is connected")
                case .disconnected(.only): told.add("\(who) has lost the listener")
                case .disconnected(let peer): told.add("\(who) has lost \(peer.bytes)")
                case .message, .malformed, .unlisted, .unreachable: told.add("\(who) has heard something")
                }
            }
        }
        try await loop.run {
            let early = try network.connect(to: Self.address, on: loop, handler: tell("early"))
            let listening = try network.listen(at: Self.address, on: loop, handler: tell("listener"))
            let late = try network.connect(to: Self.address, on: loop, handler: tell("late"))
            late.close()
            network.disconnect(Self.address)
            network.reconnect(Self.address)
            listening.close()
            _ = early
        }
        // Those that have closed hear nothing any more, though it was true when it was told.
        #expect(
            try await told.wait(for: 4) == [
                "early is connected", "early has lost the listener", "early is connected",
                "early has lost the listener",
            ])
    }

    @Test func anAddressMayHaveFaultsOfItsOwn() async throws {
        let network = InProcessNetwork()
        network.setFaults(.silence, at: Self.address)
        try await self.withLinks(on: network) { loops, links, received in
            try await loops.1.run { #expect(links.connecting.send(Self.ping(1), to: .only).isSent) }
            network.setFaults(nil, at: Self.address)
            try await loops.1.run { #expect(links.connecting.send(Self.ping(2), to: .only).isSent) }
            #expect(try await received.listening.wait(for: 1).map(Self.number) == [2])
        }
    }

    @Test func aFullPathSaysSo() async throws {
        let network = InProcessNetwork(capacity: 3)
        try await self.withLinks(on: network) { loops, links, received in
            let results = try await self.holding(loops.0) {
                try await loops.1.run { (0..<5).map { links.connecting.send(Self.ping($0), to: .only) } }
            }
            #expect(results.map(\.isSent) == [true, true, true, false, false] && results.last == .full)
            try await received.listening.wait(for: 3)
            try await loops.1.run { #expect(links.connecting.send(Self.ping(9), to: .only).isSent) }
            #expect(try await received.listening.wait(for: 4).map(Self.number) == [0, 1, 2, 9])
        }
    }

    @Test func freePortsDiffer() async throws {
        let network = InProcessNetwork()
        let loop = network.makeLoop(name: "ports")
        defer { loop.stop() }
        let addresses = try await loop.run {
            let links = try ["tcp://127.0.0.1:0", "tcp://127.0.0.1:*"].map {
                try network.listen(at: $0, on: loop) { _ in }
            }
            defer { for link in links { link.close() } }
            return links.map(\.address)
        }
        #expect(addresses == ["tcp://127.0.0.1:50001", "tcp://127.0.0.1:50002"])
    }
}

extension Recorder<LinkEvent> {
    /// Keeps messages, and nothing of connections.
    fileprivate func add(message event: LinkEvent) {
        if case .message = event { self.add(event) }
    }
}
