import Foundation
import Measurement
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A short campaign of faults over real processes finds nothing, and tells what it did.
@Suite(.oneAtATime) struct ChaosCommandTests {
    private static let small = [
        "--texts", "6", "--max-tokens", "48", "--slots", "4", "--clients", "3", "--http-clients", "0",
    ]

    /// Runs a campaign, and holds its report and history to what was asked for.
    private func campaign(_ options: [String], faults: Int) async throws -> ChaosReport {
        let (output, history) = (TemporaryFile.freePath(), TemporaryFile.freePath())
        defer { for path in [output, history] { try? FileManager.default.removeItem(atPath: path) } }
        let files = ["--output", output, "--history", history]
        let process = try RunningProcess(bench: ["chaos", "--faults", "\(faults)"] + Self.small + options + files)
        let ended = try await process.end()
        #expect(ended.status == 0, "\(ended.output)\(ended.error)")
        #expect(ended.output.contains("no token lost, none doubled, no text changed"), "\(ended.output)")

        let report = try ChaosReport(decoding: try Data(contentsOf: URL(filePath: output)))
        #expect(report.isComplete && report.findings.isEmpty && report.faults.reduce(0) { $0 + $1.count } == faults)
        #expect(report.equalTexts > 5 && report.tokens > 200 && report.endings["OK"] == report.equalTexts)
        let events = try ChaosEvent.read(try Data(contentsOf: URL(filePath: history)))
        // What the file tells is what was checked.
        #expect(ChaosChecker(ChaosHistory(events)).equalTexts == report.equalTexts)
        // Six parts at least, all ended as they were meant to, and none is left.
        let processes = events.compactMap { event in
            if case .process(let process) = event.what { process } else { nil }
        }
        let started = Set(processes.filter { $0.phase == .started }.map(\.id))
        #expect(started.count >= 6 && started == Set(processes.filter { $0.phase == .ended }.map(\.id)))
        #expect(started.allSatisfy { kill($0, 0) != 0 })
        return report
    }

    @Test func campaignOnTheLoopback() async throws {
        let kinds = ["kill", "restart:draft", "delay", "reset"]
        // A target and a coordinator are killed, and what they have under way goes on. Whether a text has a token by then is
        // chance, and a busy machine's seldom has: then another campaign tells.
        var resumptions = 0
        for seed in 3...5 where resumptions == 0 {
            let report = try await self.campaign(
                ["--no-namespaces", "--seed", "\(seed)", "--kinds", kinds.joined(separator: ",")], faults: 6)
            #expect(!report.setting.hasNamespaces && report.faults.allSatisfy { $0.count == 1 })
            #expect(
                report.faults.allSatisfy { kinds.contains($0.choice.kind.rawValue) || $0.choice.kind == .restart })
            resumptions = report.resumptions
        }
        #expect(resumptions > 0)
    }

    @Test(.enabled(if: Self.hasNamespaces)) func campaignInNamespaces() async throws {
        let report = try await self.campaign(
            ["--seed", "1", "--kinds", "cut-out:draft,cut:target,cut-in:draft,disk-full"], faults: 4)
        #expect(report.setting.hasNamespaces)
    }

    /// Whether network namespaces can be made here.
    private static let hasNamespaces: Bool = {
        guard geteuid() == 0, FileManager.default.isExecutableFile(atPath: "/usr/bin/unshare") else { return false }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/unshare")
        process.arguments = ["--net", "--mount", "ip", "link", "set", "lo", "up"]
        process.standardError = FileHandle.nullDevice
        try? process.run()
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    @Test(arguments: [
        (["--kinds", "flood"], 64, "choose from kill, restart"), (["--faults", "0"], 64, "--faults"),
        (["--no-namespaces", "--kinds", "cut"], 64, "cut needs network namespaces"),
        (["--foretoken", "/nowhere/foretoken"], 66, "name it with --foretoken"),
    ])
    func badValue(_ options: [String], _ status: Int32, _ words: String) async throws {
        let ended = try await RunningProcess(bench: ["chaos"] + options).end()
        #expect(ended.status == status && ended.error.contains(words), "\(ended.error)")
    }

    @Test func interruptedCampaignTellsWhatItHas() async throws {
        let process = try RunningProcess(
            bench: ["chaos", "--no-namespaces", "--faults", "500", "--kinds", "control"] + Self.small)
        try await process.wait(for: "progress") { $0.error.contains("/500 faults") }
        process.signal(SIGINT)
        let ended = try await process.end()
        #expect(ended.status == 130 && ended.output.contains("(ended early)"), "\(ended.output)\(ended.error)")
    }
}
