import Foretoken
import Foundation
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Two of every part, and what a client sees when one of them ends: the same text, soon.
@Suite(.oneAtATime) struct FailoverTests {
    private static let prompt = "import unittest"

    /// Two targets, two drafts and two coordinators, each a process.
    private struct Fleet {
        var targets: [Service] = []
        var drafts: [Service] = []
        var coordinators: [Service] = []

        init() async throws {
            for _ in 0..<2 {
                // Exact: what is read again in wider passes goes on as it would have.
                self.targets.append(try await Service.target("--exact"))
                self.drafts.append(try await Service.draft())
            }
            for _ in 0..<2 { self.coordinators.append(try await self.coordinator(at: Service.anyPort)) }
        }

        func coordinator(at address: String) async throws -> Service {
            try await Service(
                ["coordinator", "--listen", address] + self.targets.flatMap { ["--target", $0.address] }
                    + self.drafts.flatMap { ["--draft", $0.address] })
        }
    }

    /// A text, and the longest time in which no token of it came, before and after something happened in its middle.
    private struct Course {
        var tokens: [UInt32] = []
        var (before, after) = (Duration.zero, Duration.zero)
        var statistics = GenerationStatistics()
    }

    private func follow(
        _ client: ForetokenClient, count: Int, lookahead: String, meanwhile act: () async throws -> Void
    ) async throws -> Course {
        let generation = try await client.generate(
            Self.prompt, options: GenerationOptions(maxTokens: count, lookahead: lookahead))
        var course = Course()
        var latest: ContinuousClock.Instant?
        for try await piece in generation {
            let now = ContinuousClock.now
            let gap = latest.map { now - $0 } ?? .zero
            course.tokens.append(piece.token)
            if course.tokens.count <= count / 8 { course.before = max(course.before, gap) }
            if course.tokens.count > count / 8 { course.after = max(course.after, gap) }
            latest = now
            guard course.tokens.count == count / 8 else { continue }
            try await act()
            latest = .now
        }
        course.statistics = generation.statistics
        return course
    }

    private func waitForAll(_ client: ForetokenClient) async throws {
        try await eventually("all are ready") {
            let deployment = try await client.describe()
            return (deployment.targets + deployment.drafts).allSatisfy(\.isReachable)
        }
    }

    /// Address of the one that works, as it told with its latest heartbeat.
    private func busy(_ client: ForetokenClient, _ members: KeyPath<Deployment, [Deployment.Member]>) async throws
        -> String
    {
        var busy: String?
        try await eventually("one works") {
            busy = try await client.describe()[keyPath: members].first { $0.load.sequences > 0 }?.address
            return busy != nil
        }
        return try #require(busy)
    }

    /// What is killed, and how long a client may wait for the next token.
    @Test(arguments: [("target", Duration.seconds(1)), ("coordinator", .seconds(1)), ("draft", .milliseconds(500))])
    func whoIsKilledIsReplacedAtOnce(role: String, most: Duration) async throws {
        let fleet = try await Fleet()
        // The coordinator that answers first is asked: the other one cannot yet.
        fleet.coordinators[1].process.signal(SIGSTOP)
        try await withForetokenClient(addresses: fleet.coordinators.map(\.address)) { client in
            try await client.connect()
            fleet.coordinators[1].process.signal(SIGCONT)
            try await self.waitForAll(client)
            try await client.waitForDraft()
            let rule = role == "draft" ? "fixed:4" : "off"
            // So long that it is under way when a heartbeat has told who works.
            let count = 1600
            let alone = try await client.tokens(Self.prompt, count: count, lookahead: "off")
            let course = try await self.follow(client, count: count, lookahead: rule) {
                switch role {
                case "target":
                    let busy = try await self.busy(client, \.targets)
                    fleet.targets.first { $0.address == busy }?.process.signal(SIGKILL)
                case "coordinator":
                    fleet.coordinators[0].process.signal(SIGKILL)
                default:
                    let busy = try await self.busy(client, \.drafts)
                    fleet.drafts.first { $0.address == busy }?.process.signal(SIGKILL)
                }
            }
            print("\(role) killed: longest wait \(course.before) before, \(course.after) after")
            #expect(course.tokens == alone)
            // A machine that keeps everybody waiting did so before, too.
            #expect(course.after < most + course.before * 10, "longest wait before: \(course.before)")
            #expect(course.statistics.generatedTokens == count)
            if role != "draft" {
                #expect(course.statistics.resumptions == 1)
                #expect(course.statistics.targetPasses == count && course.statistics.acceptanceLength == 1)
            }
        }
    }

    @Test func everyPartIsRestartedInTurnAndNoRequestFails() async throws {
        var fleet = try await Fleet()
        let addresses = fleet.coordinators.map(\.address)
        try await withForetokenClient(addresses: addresses) { client in
            try await self.waitForAll(client)
            let count = 64
            let alone = try await client.tokens(Self.prompt, count: count, lookahead: "off")
            let (requests, over) = (Recorder<[UInt32]>(), Recorder<Void>())
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        try await withForetokenClient(addresses: addresses) { client in
                            while over.elements.isEmpty {
                                requests.add(try await client.tokens(Self.prompt, count: count, lookahead: "fixed:4"))
                            }
                        }
                    }
                }
                try await requests.wait(for: 8)
                func restart(_ service: Service, _ again: (String) async throws -> Service) async throws -> Service {
                    service.process.signal(SIGTERM)
                    #expect(try await service.process.end().status == 0)
                    let next = try await again(service.address)
                    try await self.waitForAll(client)
                    return next
                }
                for index in 0..<2 {
                    fleet.targets[index] = try await restart(fleet.targets[index]) {
                        try await Service(["target", "--listen", $0, "--threads", "1", "--exact"])
                    }
                    fleet.drafts[index] = try await restart(fleet.drafts[index]) { try await Service.draft(at: $0) }
                    let others = fleet
                    fleet.coordinators[index] = try await restart(fleet.coordinators[index]) {
                        try await others.coordinator(at: $0)
                    }
                }
                over.add(())
                try await group.waitForAll()
            }
            #expect(requests.elements.allSatisfy { $0 == alone })
            print("rolling restart: \(requests.elements.count) requests, none failed")
        }
    }
}
