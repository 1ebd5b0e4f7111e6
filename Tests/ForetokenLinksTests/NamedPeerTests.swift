import Executors
import ForetokenLinks
import ForetokenWire
import Synchronization
import TestSupport
import Testing

/// Links to peers that have names for their addresses.
@Suite(.oneAtATime) struct NamedPeerTests {
    /// Answers as it is told to; who asks for `slow` waits until that is let go.
    private final class Names: Sendable {
        let asked = Recorder<String>()
        private let known = Mutex<[String: [String]]>([:])
        private let waiting = Mutex<[CheckedContinuation<Void, Never>]>([])

        subscript(name: String) -> [String] {
            get { self.known.withLock { $0["tcp://\(name):7000"] ?? [] } }
            set { self.known.withLock { $0["tcp://\(name):7000"] = newValue } }
        }

        var resolver: Resolver {
            Resolver(isName: Resolver.system.isName) { name in
                self.asked.add(name)
                if name.contains("slow") {
                    await withCheckedContinuation { answer in self.waiting.withLock { $0.append(answer) } }
                }
                return self.known.withLock { $0[name] ?? [] }
            }
        }

        func letGo() {
            let waiting = self.waiting.withLock { waiting in
                defer { waiting = [] }
                return waiting
            }
            for answer in waiting { answer.resume() }
        }
    }

    /// A network whose names are told, with a loop.
    private final class Bed: Sendable {
        let names = Names()
        let network: ZeroMQNetwork
        let loop: any Loop

        init() throws {
            self.network = try ZeroMQNetwork(.insecure, resolver: self.names.resolver)
            self.loop = self.network.makeLoop(name: "named")
        }

        /// What it hears it answers, and tells as its number.
        func listen(_ number: Int = 0, _ heard: Recorder<Int> = Recorder()) async throws -> any Link {
            let ends = Recorder<any Link>()
            let link = try await self.loop.run {
                try self.network.listen(at: "tcp://127.0.0.1:0", on: self.loop) { event in
                    guard case .message(let envelope, let peer, _) = event else { return }
                    heard.add(number)
                    _ = ends.elements[0].send(envelope, to: peer)
                }
            }
            ends.add(link)
            return link
        }

        func connect(to name: String) async throws -> (any Link, Recorder<String>) {
            let events = Recorder<String>()
            let link = try await self.loop.run {
                try self.network.connect(to: "tcp://\(name):7000", on: self.loop) { event in
                    switch event {
                    case .connected: events.add("up")
                    case .disconnected: events.add("down")
                    case .message: events.add("says")
                    case .unreachable(let reason?): events.add(reason)
                    case .unreachable(nil): break
                    case .malformed, .unlisted: events.add("?")
                    }
                }
            }
            return (link, events)
        }

        func close(_ links: any Link...) async throws {
            try await self.loop.run { for link in links { link.close() } }
            self.loop.stop()
        }
    }

    private static let ping = Envelope(.ping(Ping(sentMicroseconds: 42)))

    @Test func aNameThatNobodyAnswersForHoldsUpNeitherTheLoopNorOtherLinks() async throws {
        let bed = try Bed()
        let listening = try await bed.listen()
        bed.names["target"] = [listening.address]
        let (slow, fromSlow) = try await bed.connect(to: "slow")
        try await bed.names.asked.wait(for: 1)
        let (quick, fromQuick) = try await bed.connect(to: "target")
        #expect(try await fromQuick.wait(for: 1) == ["up"])
        try await bed.loop.run {
            #expect(slow.send(Self.ping, to: .only) == .unreachable)
            #expect(quick.send(Self.ping, to: .only).isSent)
        }
        #expect(try await fromQuick.wait(for: 2) == ["up", "says"])
        // Who waits is told why; and once there is an answer, there is a connection.
        #expect(try await fromSlow.wait(for: 1) == ["nobody has told yet what slow stands for"])
        bed.names["slow"] = [listening.address]
        bed.names.letGo()
        #expect(try await fromSlow.wait(for: 2)[1] == "up")
        #expect(bed.names.asked.elements == ["tcp://slow:7000", "tcp://target:7000"])
        try await bed.close(slow, quick, listening)
    }

    @Test func anAnswerThatComesAfterTheEndIsNoMatter() async throws {
        let bed = try Bed()
        let listening = try await bed.listen()
        bed.names["slow"] = [listening.address]
        let (slow, events) = try await bed.connect(to: "slow")
        try await bed.names.asked.wait(for: 1)
        try await bed.loop.run { slow.close() }
        bed.names.letGo()
        bed.names["target"] = [listening.address]
        let (quick, fromQuick) = try await bed.connect(to: "target")
        try await fromQuick.wait(for: 1)
        try await bed.loop.run { #expect(slow.send(Self.ping, to: .only) == .unreachable) }
        try await bed.close(quick, listening)
        #expect(events.elements.isEmpty)
    }

    @Test func aNameThatComesToResolveLaterIsReached() async throws {
        let bed = try Bed()
        let listening = try await bed.listen()
        let (link, events) = try await bed.connect(to: "target")
        #expect(try await events.wait(for: 1) == ["target does not resolve"])
        bed.names["target"] = [listening.address]
        try await events.wait(for: 2)
        #expect(events.elements.last == "up")
        try await bed.loop.run { #expect(link.send(Self.ping, to: .only).isSent) }
        #expect(try await events.wait(for: 3)[2] == "says")
        try await bed.close(link, listening)
    }

    /// Which of a name's addresses is first is a matter of chance; when that peer goes, it is the other's turn.
    @Test func anotherAddressOfTheNameIsTriedAfterTheEnd() async throws {
        let (bed, heard) = (try Bed(), Recorder<Int>())
        let both = [try await bed.listen(0, heard), try await bed.listen(1, heard)]
        bed.names["target"] = both.map(\.address)
        let (link, events) = try await bed.connect(to: "target")
        try await events.wait(for: 1)
        try await bed.loop.run { #expect(link.send(Self.ping, to: .only).isSent) }
        let first = try await heard.wait(for: 1)[0]
        // What is still on its way is lost with the link.
        try await events.wait(for: 2)
        try await bed.loop.run { both[first].close() }
        try await events.wait(for: 4)
        // libzmq closes a port on a thread of its own, so the first may be there for a moment more.
        while events.elements.last != "up" { try await events.wait(for: events.elements.count + 1) }
        #expect(events.elements.prefix(3) == ["up", "says", "down"])
        try await bed.loop.run { #expect(link.send(Self.ping, to: .only).isSent) }
        #expect(try await heard.wait(for: 2) == [first, 1 - first])
        try await bed.close(link, both[1 - first])
    }

    @Test func aNameOfThisMachineIsReachedAtOnce() async throws {
        let asked = Recorder<String>()
        let network = try ZeroMQNetwork(
            .loopback,
            resolver: Resolver(isName: Resolver.system.isName) { name in
                asked.add(name)
                return await Resolver.system.addresses(name)
            })
        let loop = network.makeLoop(name: "local")
        let (listening, events) = (Recorder<any Link>(), Recorder<LinkEvent>())
        listening.add(
            try await loop.run { try network.listen(at: "tcp://localhost:0", on: loop) { _ in } })
        let port = listening.elements[0].address.split(separator: ":").last ?? ""
        let link = try await loop.run {
            try network.connect(to: "tcp://localhost:\(port)", on: loop) { events.add($0) }
        }
        try await events.wait(for: 1)
        guard case .connected = events.elements[0] else {
            Issue.record("\(events.elements)")
            return
        }
        #expect(asked.elements == ["tcp://localhost:\(port)"], "the first answer is enough")
        try await loop.run {
            link.close()
            listening.elements[0].close()
        }
        loop.stop()
    }
}
