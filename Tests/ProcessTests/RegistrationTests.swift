import Foretoken
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Members as processes that find their coordinators, instead of being listed there.
@Suite(.oneAtATime) struct RegistrationTests {
    /// The port that a service really has, on all addresses of this machine.
    private static let everywhere = "tcp://0.0.0.0:0"

    @Test func membersRegisterAtCoordinatorsThatKnowOfNobody() async throws {
        let first = try await Service(["coordinator", "--listen", Service.anyPort])
        let second = try await Service(["coordinator", "--listen", Service.anyPort])
        let coordinators = [first, second].flatMap { ["--coordinator", $0.address] }
        let target = try await Service(
            ["target", "--listen", Self.everywhere, "--insecure", "--threads", "1"] + coordinators)
        let draft = try await Service(["draft", "--listen", Self.everywhere, "--insecure"] + coordinators)
        for coordinator in [first, second] {
            try await withClient(of: coordinator) { client in
                try await client.waitForDraft()
                let alone = try await client.tokens("import unittest", count: 24, lookahead: "off")
                #expect(try await client.tokens("import unittest", count: 24, lookahead: "fixed:4") == alone)
                let members = try await client.describe()
                #expect((members.targets + members.drafts).map(\.source) == [.registered, .registered])
                #expect(members.targets[0].address.hasPrefix("tcp://127.0.0.1:"))
            }
        }
        draft.process.signal(SIGKILL)
        try await first.process.wait(for: "loss") { $0.error.contains("] Left") }
        let drafts = try await withClient(of: first) { client in try await client.describe().drafts }
        #expect(drafts.isEmpty)
        _ = target
    }

    @Test func aNameWithOneAddressIsAMember() async throws {
        let target = try await Service.target()
        let port = target.address.split(separator: ":").last!
        let coordinator = try await Service([
            "coordinator", "--listen", Service.anyPort, "--target", "tcp://localhost:\(port)", "--draft",
            "tcp://no-such-host.invalid:7002", "--insecure",
        ])
        try await withClient(of: coordinator) { client in
            #expect(try await client.tokens("import unittest", count: 8, lookahead: "off").count == 8)
            let members = try await client.describe()
            #expect(members.targets.map(\.source) == [.name("tcp://localhost:\(port)")])
            #expect(members.targets.map(\.address) == [target.address])
            #expect(members.drafts.map(\.isReachable) == [false])
        }
        try await coordinator.process.wait(for: "warning") { $0.error.contains("Name does not resolve") }
    }

    @Test func aCoordinatorThatIsNoneIsToldInTheLog() async throws {
        let others = try await (target: Service.target(), draft: Service.draft())
        for (other, told) in [
            (others.target, "No coordinator answers"), (others.draft, "a draft is greeted by a coordinator, and"),
        ] {
            let draft = try await Service(["draft", "--listen", Service.anyPort, "--coordinator", other.address])
            try await draft.process.wait(for: "error") { $0.error.contains(told) }
        }
        let ended = try await foretoken("serve", "draft", "--listen", Service.anyPort, "--coordinator", "nowhere")
        #expect(ended.status != 0 && ended.error.contains("tcp://host:port"))
    }
}
