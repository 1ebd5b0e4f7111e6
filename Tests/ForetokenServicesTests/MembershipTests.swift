import ForetokenLinks
import ForetokenWire
import InProcess
import Speculation
import Synchronization
import TestSupport
import Testing

@testable import ForetokenServices

/// Targets and drafts that nobody has listed, and that come and go.
@Suite(.oneAtATime) struct MembershipTests {
    private static let request = Request(prompt: "a story", maxTokens: 60, lookahead: "sync:fixed:4")

    /// A cluster whose coordinator knows of nobody.
    private static func cluster() async throws -> Cluster { try await Cluster(targets: [], drafts: []) }

    @Test func membersRegisterWithSeveralCoordinatorsAndLeaveThem() async throws {
        try await withCluster(try await Self.cluster()) { cluster, client in
            try await cluster.addCoordinator(at: "second")
            let other = try await TestClient(
                network: cluster.network, heartbeat: cluster.heartbeatMilliseconds, address: "second")
            let both = ["coordinator", "second"]
            try await cluster.startTarget(registeringWith: both)
            try await cluster.startDraft("draft", registeringWith: both)
            let reference = try cluster.reference(Self.request)
            for client in [client, other] {
                try await eventually {
                    let answer = try await client.generate(Self.request)
                    try #require(answer.tokens == reference)
                    return answer.origins.contains(.accepted)
                }
                let members = try await client.describe()
                #expect((members.targets + members.drafts).map(\.source) == [.registered, .registered])
            }
            await cluster.stopDraft("draft")
            await cluster.stopTarget()
            for client in [client, other] {
                try await eventually { try await client.describe() == Description() }
            }
            // They may come again, and as others.
            try await cluster.startTarget("elsewhere", registeringWith: both)
            #expect(try await other.generate(Self.request).tokens == reference)
            await other.close()
        }
    }

    @Test func aCoordinatorThatIsStartedAnewHearsOfItsMembersAgain() async throws {
        try await withCluster(try await Self.cluster()) { cluster, client in
            try await cluster.startTarget(registeringWith: ["coordinator"])
            let reference = try cluster.reference(Self.request)
            #expect(try await client.generate(Self.request).tokens == reference)
            try await cluster.restartCoordinator()
            let next = try await TestClient(network: cluster.network, heartbeat: cluster.heartbeatMilliseconds)
            try await next.wait { $0.isUp }
            try await eventually {
                try await next.describe().targets.contains { $0.reachable && $0.source == .registered }
            }
            #expect(try await next.generate(Self.request).tokens == reference)
            await next.close()
        }
    }

    /// The text goes on in the process that takes the place of the one that wrote it.
    @Test func aTargetThatIsStartedAnewAtItsAddressIsNotWaitedFor() async throws {
        try await withCluster(try await Self.cluster()) { cluster, client in
            await cluster.takePasses(of: Cluster.hold)
            cluster.network.setFaults(FailureTests.slow, at: "far")
            try await cluster.startTarget(registeringWith: ["coordinator"])
            let call = await client.begin(FailureTests.long)
            try await client.wait { !$0.answer(call).tokens.isEmpty }
            let name = try await client.describe().targets.first?.peer?.name
            await cluster.stopTarget()
            await cluster.takePasses(of: 0)
            try await cluster.startTarget(registeringWith: ["coordinator"])
            try await client.wait { $0.answer(call).isOver }
            let reference = try cluster.reference(FailureTests.long)
            #expect(await client.answer(call).tokens == reference)
            try await eventually("it alone is a member") {
                let members = try await client.describe().targets
                return members.count == 1 && members[0].peer?.name != name
            }
        }
    }

    @Test func aNameStandsForWhoeverIsBehindIt() async throws {
        let table = Mutex<[String]>([])
        let asked = Mutex(0)
        let resolver = Resolver(
            isName: { $0.hasPrefix("name:") },
            addresses: { name in
                asked.withLock { $0 += 1 }
                return name == "name:targets" ? table.withLock { $0 } : []
            })
        try await withCluster(try await Self.cluster()) { cluster, _ in
            try await cluster.addCoordinator(at: "second", targets: ["name:targets"], resolver: resolver)
            let client = try await TestClient(
                network: cluster.network, heartbeat: cluster.heartbeatMilliseconds, address: "second")
            try await client.wait { $0.isUp }
            // Nobody is behind it yet, and that is no error.
            let members = try await client.describe().targets
            #expect(members.map(\.address) == ["name:targets"] && members[0].reason.contains("does not resolve"))
            for target in ["a", "b"] { try await cluster.startTarget(target) }
            table.withLock { $0 = ["a", "b"] }
            try await eventually {
                try await client.describe().targets.filter(\.reachable).map(\.address) == ["a", "b"]
            }
            let sources = try await client.describe().targets.map(\.source)
            #expect(sources == [.name("name:targets"), .name("name:targets")])
            let reference = try cluster.reference(Self.request)
            #expect(try await client.generate(Self.request).tokens == reference)
            #expect(asked.withLock { $0 } > 1)
            await client.close()
        }
    }

    // MARK: Who is no member

    @Test func aPeerThatTellsNoUsableAddressIsRefusedByName() async throws {
        let link = FakeLink(address: "tcp://0.0.0.0:7000", greeter: "10.0.0.9")
        let network = ZeroMQNetwork()
        func reached(_ told: String) throws(LinkError) -> String { try network.reached(told, greeting: link) }
        #expect(try reached("tcp://10.0.0.7:7001") == "tcp://10.0.0.7:7001")
        for told in ["tcp://0.0.0.0:7001", "tcp://*:7001", "tcp://[::]:7001", "tcp://some-name:7001"] {
            #expect(try reached(told) == "tcp://10.0.0.9:7001")
        }
        let unusable = [
            "tcp://127.0.0.1:7001", "tcp://[::1]:7001", "ipc:///tmp/socket", "inproc://target", "10.0.0.7", "",
        ]
        for told in unusable {
            #expect(throws: LinkError.self, "\(told)") { try reached(told) }
        }
        let near = FakeLink(address: "tcp://127.0.0.1:7000", greeter: "127.0.0.1")
        #expect(try network.reached("tcp://127.0.0.1:7001", greeting: near) == "tcp://127.0.0.1:7001")
        let sixth = FakeLink(address: "tcp://[::]:7000", greeter: "fe80::7")
        #expect(try network.reached("tcp://[::]:7001", greeting: sixth) == "tcp://[fe80::7]:7001")
        let unknown = FakeLink(address: "tcp://0.0.0.0:7000", greeter: nil)
        #expect(throws: LinkError.self) { try network.reached("tcp://0.0.0.0:7001", greeting: unknown) }
    }

    @Test func localhostIsANameAndANumberIsNone() async throws {
        let resolver = Resolver.system
        #expect(await resolver.addresses("tcp://localhost:7001") == ["tcp://127.0.0.1:7001"])
        #expect(await resolver.addresses("tcp://no-such-host.invalid:7001").isEmpty)
        #expect(resolver.isName("tcp://localhost:7001") && resolver.isName("tcp://targets:7001"))
        for number in ["tcp://127.0.0.1:7001", "tcp://[::1]:7001", "ipc:///tmp/x", "inproc://x", "target"] {
            #expect(!resolver.isName(number), "\(number)")
        }
    }
}

/// Says where it listens, and who has greeted.
private final class FakeLink: Link {
    let address: String
    let greeter: String?

    init(address: String, greeter: String?) {
        (self.address, self.greeter) = (address, greeter)
    }

    func send(_ envelope: Envelope, to peer: PeerID) -> SendResult { .unreachable }
    func close() {}
}

/// When names are asked for.
@Suite struct LookupTests {
    @Test func namesAreAskedForNowAndThenAndOftenWhileOneIsUnanswered() {
        var lookup = Lookup(names: ["a", "b"])
        #expect(lookup.begin(now: 0) == ["a", "b"])
        #expect(lookup.begin(now: 100).isEmpty, "they are being asked for")
        lookup.answered(by: ["1"])
        lookup.answered(by: [])
        lookup.end(now: 100)
        #expect(lookup.begin(now: 100 + Lookup.retry - 0.1).isEmpty)
        #expect(!lookup.begin(now: 100 + Lookup.retry).isEmpty)
        for _ in 0..<2 { lookup.answered(by: ["1"]) }
        lookup.end(now: 200)
        #expect(lookup.begin(now: 200 + Lookup.interval - 0.1).isEmpty)
        #expect(!lookup.begin(now: 200 + Lookup.interval).isEmpty)
        var nothing = Lookup()
        #expect(nothing.begin(now: 0).isEmpty)
    }

    @Test func namesThatChangeMeanwhileAreAskedForAtOnce() {
        var lookup = Lookup(names: ["a"])
        #expect(lookup.begin(now: 0) == ["a"])
        lookup.change(to: ["a", "b"])
        lookup.answered(by: ["1"])
        lookup.end(now: 1)
        #expect(lookup.begin(now: 1) == ["a", "b"])
        lookup.change(to: ["a", "b"])
        lookup.end(now: 2)
        #expect(lookup.begin(now: 2).isEmpty)
    }
}
