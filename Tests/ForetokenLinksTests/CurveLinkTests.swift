import Executors
import ForetokenWire
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import ForetokenLinks

/// Who comes through an encrypted link, and as whom.
@Suite(.oneAtATime) struct CurveLinkTests {
    private static func ping(_ number: Int) -> Envelope { Envelope(.ping(Ping(sentMicroseconds: UInt64(number)))) }

    /// A listening target with keys, and what comes to it.
    private final class Bed: Sendable {
        let folder: TemporaryFolder
        let network: ZeroMQNetwork
        let loop: any Loop
        let events = Recorder<LinkEvent>()
        let link: any Link
        let news = Mutex(SecurityNews())
        private let open = Mutex(true)

        init() async throws {
            let folder = try TemporaryFolder()
            _ = try KeysDirectory(folder.path).make()
            self.folder = folder
            let network = try ZeroMQNetwork(.keys(Keyring(folder.path, role: .target)))
            let (loop, events) = (network.makeLoop(name: "target"), self.events)
            (self.network, self.loop) = (network, loop)
            self.link = try await loop.run {
                try network.listen(at: "tcp://127.0.0.1:0", on: loop) { events.add($0) }
            }
        }

        /// A folder for a machine of its own: the list, and this key.
        func folder(for name: String) throws -> TemporaryFolder {
            let copy = try TemporaryFolder()
            try copy.write(self.folder.read("members"), to: "members")
            try copy.write(self.folder.read("\(name).key"), to: "\(name).key")
            return copy
        }

        func network(_ role: Role) throws -> ZeroMQNetwork {
            try ZeroMQNetwork(.keys(Keyring(self.folder.path, role: role)))
        }

        /// All that was told at the door until now.
        func door() -> SecurityNews {
            let news = self.network.takeNews()
            return self.news.withLock { all in
                for (refusal, count) in news.refused { all.refused[refusal, default: 0] += count }
                all.isListNew = all.isListNew || news.isListNew
                all.latest.merge(news.latest) { $1 }
                all.unreachable.merge(news.unreachable) { $1 }
                return all
            }
        }

        func wait(_ what: String, until condition: @escaping @Sendable () -> Bool) async throws {
            let (loop, deadline) = (self.loop, self.loop.now + Patience.seconds)
            let done = await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
                @Sendable func look() {
                    if condition() || loop.now > deadline { return continuation.resume(returning: condition()) }
                    loop.schedule(at: loop.now + 0.01, look)
                }
                loop.execute(look)
            }
            try #require(done, "\(what)")
        }

        var isOpen: Bool { self.open.withLock { $0 } }

        func close() async throws {
            self.open.withLock { $0 = false }
            let link = self.link
            try await self.loop.run { link.close() }
            self.loop.stop()
        }
    }

    /// A connecting end that says something again and again.
    private final class Knocker: Sendable {
        let loop: any Loop
        let link: any Link
        let answers = Recorder<LinkEvent>()
        private let isOpen = Mutex(true)

        init(
            _ bed: Bed, over network: ZeroMQNetwork, at place: String? = nil,
            expecting peer: ExpectedPeer = ExpectedPeer(.target)
        ) async throws {
            let loop = network.makeLoop(name: "knocker")
            let (address, answers) = (place ?? bed.link.address, self.answers)
            self.loop = loop
            self.link = try await loop.run {
                try network.connect(to: address, expecting: peer, on: loop) { answers.add($0) }
            }
            self.knock()
        }

        var hasConnected: Bool {
            self.answers.elements.contains {
                switch $0 {
                case .connected, .message, .malformed, .unlisted: true
                case .disconnected, .unreachable: false
                }
            }
        }

        private func knock() {
            self.loop.execute { [self] in
                guard self.isOpen.withLock({ $0 }) else { return }
                _ = self.link.send(CurveLinkTests.ping(1), to: .only)
                self.loop.schedule(at: self.loop.now + 0.02) { [weak self] in self?.knock() }
            }
        }

        func close() async throws {
            self.isOpen.withLock { $0 = false }
            let link = self.link
            try await self.loop.run { link.close() }
            self.loop.stop()
        }
    }

    private static func identities(_ events: [LinkEvent]) -> [Identity?] {
        events.compactMap { if case .message(_, let peer, _) = $0 { peer.identity } else { nil } }
    }

    @Test func aMemberComesInUnderItsOwnNameAndKnowsWhoAnswers() async throws {
        let bed = try await Bed()
        let draft = try await Knocker(bed, over: bed.network(.draft))
        try await bed.events.wait(for: 1)
        let members = try Keyring(bed.folder.path, role: .client).members
        guard case .message(let envelope, let peer, _) = bed.events.elements[0] else { return }
        #expect(envelope == Self.ping(1) && peer.identity == members.named("draft"))
        let link = bed.link
        try await bed.loop.run { #expect(link.send(Self.ping(2), to: peer).isSent) }
        try await bed.wait("an answer") { !Self.identities(draft.answers.elements).isEmpty }
        #expect(Self.identities(draft.answers.elements) == [members.named("target")])
        #expect(bed.door().refused.isEmpty)
        try await draft.close()
        try await bed.close()
    }

    @Test func aKeyThatIsNotListedIsRefusedAndCountedUntilItIsAdded() async throws {
        let bed = try await Bed()
        let listed = try bed.folder.read("members")
        let edge = try KeysDirectory(bed.folder.path).add(.draft, name: "edge-7")
        let copy = try bed.folder(for: "edge-7")
        try bed.folder.write(listed, to: "members", mode: 0o644)
        let network = try ZeroMQNetwork(.keys(Keyring(copy.path, role: .draft)))
        let stranger = try await Knocker(bed, over: network)
        try await bed.wait("refused") { bed.door().refused[.key, default: 0] >= 2 }
        #expect(bed.events.elements.isEmpty && bed.door().latest[.key]?.hasPrefix(edge.key) == true)
        // Without a restart of either side.
        try bed.folder.write(copy.read("members"), to: "members", mode: 0o644)
        try await bed.events.wait(for: 1)
        #expect(Set(Self.identities(bed.events.elements)) == [edge])
        try await stranger.close()
        try await bed.close()
    }

    @Test func aKeyThatIsRevokedIsNotHeardAnyMore() async throws {
        let bed = try await Bed()
        let client = try await Knocker(bed, over: try bed.network(.client))
        let draft = try await Knocker(bed, over: try bed.network(.draft))
        try await bed.wait("both are heard") { Set(Self.identities(bed.events.elements).map { $0?.name }).count == 2 }
        let revoked = try KeysDirectory(bed.folder.path).revoke("draft")
        try await bed.wait("refused") {
            bed.events.elements.contains { if case .unlisted(revoked.key) = $0 { true } else { false } }
        }
        #expect(!bed.network.isMember(revoked) && bed.door().isListNew)
        let count = bed.events.elements.count
        try await bed.events.wait(for: count + 20)
        let later = Self.identities(Array(bed.events.elements.dropFirst(count)))
        #expect(!later.isEmpty && later.allSatisfy { $0?.name == "client" }, "and nobody else is harmed")
        try await client.close()
        try await draft.close()
        try await bed.close()
    }

    @Test func whoHasNoKeyOrExpectsSomebodyElseIsNotLetIn() async throws {
        let bed = try await Bed()
        let other = try await Bed()
        let plain = try await Knocker(bed, over: ZeroMQNetwork())
        // A member of another deployment: neither side knows the other.
        let foreign = try await Knocker(bed, over: try other.network(.coordinator))
        // A member that takes the target for the coordinator.
        let mistaken = try await Knocker(
            bed, over: try bed.network(.client), expecting: ExpectedPeer(.coordinator))
        // A member comes in though they knock.
        let draft = try await Knocker(bed, over: try bed.network(.draft))
        try await bed.events.wait(for: 20)
        #expect(Self.identities(bed.events.elements).allSatisfy { $0?.name == "draft" })
        try await bed.wait("all three are counted") { bed.door().refused[.handshake, default: 0] >= 3 }
        for stranger in [plain, foreign, mistaken] { #expect(!stranger.hasConnected) }
        for knocker in [plain, foreign, mistaken, draft] { try await knocker.close() }
        try await bed.close()
        try await other.close()
    }

    /// The other way round: whom a link reaches is off the list, and reached again once it is on it, as another key too.
    @Test func aServerThatIsRevokedIsLeftAndANewKeyReached() async throws {
        let bed = try await Bed()
        let copy = try bed.folder(for: "draft")
        let draft = try await Knocker(bed, over: ZeroMQNetwork(.keys(Keyring(copy.path, role: .draft))))
        try await bed.events.wait(for: 1)
        let link = bed.link
        @Sendable func answer() {
            let peers = bed.events.elements.compactMap { if case .message(_, let peer, _) = $0 { peer } else { nil } }
            if let peer = peers.last { _ = link.send(Self.ping(2), to: peer) }
            if bed.isOpen { bed.loop.schedule(at: bed.loop.now + 0.02, answer) }
        }
        bed.loop.execute(answer)
        try await bed.wait("an answer") { !Self.identities(draft.answers.elements).isEmpty }
        let whole = try copy.read("members")
        let rest = whole.split(separator: "\n").filter { !$0.hasPrefix("target ") }
        try copy.write(rest.joined(separator: "\n"), to: "members", mode: 0o644)
        try await bed.wait("left") {
            draft.answers.elements.contains { if case .disconnected(.only) = $0 { true } else { false } }
        }
        let heard = Self.identities(draft.answers.elements).count
        try copy.write(whole, to: "members", mode: 0o644)
        try await bed.wait("reached again") { Self.identities(draft.answers.elements).count > heard }
        try await draft.close()
        try await bed.close()
    }

    /// libzmq gives a connection up for good where somebody else is at the address; a link does not.
    @Test func aLinkOutlivesSomebodyElseAtItsAddress() async throws {
        let bed = try await Bed()
        let plain = ZeroMQNetwork()
        let loop = plain.makeLoop(name: "plain")
        let stranger = try await loop.run { try plain.listen(at: "tcp://127.0.0.1:0", on: loop) { _ in } }
        let network = try bed.network(.draft)
        let draft = try await Knocker(bed, over: network, at: stranger.address)
        try await bed.wait("it fails") {
            draft.answers.elements.contains { if case .disconnected = $0 { true } else { false } }
        }
        try await loop.run { stranger.close() }
        let events = Recorder<LinkEvent>()
        let again = Mutex<(any Link)?>(nil)
        @Sendable func listen() {
            let link = try? bed.network.listen(at: stranger.address, on: bed.loop) { events.add($0) }
            again.withLock { $0 = link }
            // libzmq closes a port on a thread of its own.
            if link == nil { bed.loop.schedule(at: bed.loop.now + 0.02, listen) }
        }
        bed.loop.execute(listen)
        try await events.wait(for: 1)
        #expect(Self.identities(events.elements).first??.name == "draft")
        try await draft.close()
        try await bed.loop.run { again.withLock { $0 }?.close() }
        try await bed.close()
        loop.stop()
    }

    @Test func plainTCPStaysOnTheLoopback() async throws {
        let network = ZeroMQNetwork()
        let loop = network.makeLoop(name: "plain")
        try await loop.run {
            for address in ["tcp://0.0.0.0:0", "tcp://*:0", "tcp://[::]:0", "tcp://192.0.2.1:7000", "tcp://eth0:0"] {
                let error = #expect(throws: LinkError.unprotected(address)) {
                    try network.listen(at: address, on: loop) { _ in }
                }
                #expect(
                    error?.description.contains("--keys") == true && error?.description.contains("--insecure") == true)
            }
            #expect(throws: LinkError.unprotected("tcp://192.0.2.1:7000")) {
                try network.connect(to: "tcp://192.0.2.1:7000", on: loop) { _ in }
            }
            #expect(throws: LinkError.self) { try network.connect(to: "edge-7@tcp://127.0.0.1:1", on: loop) { _ in } }
            for address in ["tcp://127.0.0.1:0", "tcp://localhost:0", "tcp://[::1]:0"] {
                try network.listen(at: address, on: loop) { _ in }.close()
            }
        }
        loop.stop()
        let insecure = try ZeroMQNetwork(.insecure)
        let other = insecure.makeLoop(name: "insecure")
        try await other.run { try insecure.listen(at: "tcp://0.0.0.0:0", on: other) { _ in }.close() }
        other.stop()
    }
}
