import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import ForetokenCLI

/// What deploys Foretoken elsewhere passes its own validators, and each of these finds a fault.
@Suite struct ManifestTests {
    private static let root = Python.root
    static let deployment = root.appending(path: "Tests/Deployment")
    private static let hasSystemd = OwnNamespaces.program("systemd-analyze") != nil

    private func check(_ check: String, in deploy: String) async throws -> RunningProcess.Snapshot {
        try await RunningProcess(
            [check, deploy], executable: Self.root.appending(path: "deploy/check-manifests").path
        ).end(within: 600)
    }

    @Test(arguments: ["container", "compose", "kubernetes", "rules", "dashboard"])
    func everyFileIsValid(_ check: String) async throws {
        let ended = try await self.check(check, in: Self.root.appending(path: "deploy").path)
        #expect(ended.status == 0, "\(ended.output)\(ended.error)")
    }

    @Test(.enabled(if: hasSystemd, "deploy/bootstrap --tests installs systemd-analyze"))
    func unitsAreValidAndExposeLittle() async throws {
        let ended = try await self.check("systemd", in: Self.root.appending(path: "deploy").path)
        #expect(ended.status == 0, "\(ended.output)\(ended.error)")
        try await self.find(Fault("systemd", "systemd/foretoken-draft.service", "Restart=", "Restrt=", "Restrt"))
        try await self.find(
            Fault(
                "systemd", "systemd/foretoken-draft.service",
                "DynamicUser=yes\nCapabilityBoundingSet=\nNoNewPrivileges=yes\n", "", "Overall exposure"))
    }

    /// A change that makes a file wrong, and a word of what is said then.
    struct Fault: Sendable, CustomTestStringConvertible {
        var check: String
        var file: String
        var old: String
        var new: String
        var word: String

        init(_ check: String, _ file: String, _ old: String, _ new: String, _ word: String) {
            (self.check, self.file, self.old, self.new, self.word) = (check, file, old, new, word)
        }

        var testDescription: String { "\(self.file): \(self.old) becomes \(self.new)" }
    }

    private static let faults = [
        Fault("container", "container/Containerfile", "ENTRYPOINT [\"foretoken\"]", "ENTRYPOINT foretoken", "DL3025"),
        Fault("compose", "compose/compose.yaml", "cap_drop: [ALL]", "cap_drop: ALL", "cap_drop"),
        Fault("compose", "compose/compose.yaml", "../prometheus/rules.yaml", "../prometheus/rule.yaml", "rule.yaml"),
        Fault("kubernetes", "kubernetes/target.yaml", "replicas: 2", "replicas: two", "two"),
        Fault("kubernetes", "kubernetes/draft.yaml", "clusterIP: None", "clusterIP: 10.0.0.1", "headless"),
        Fault("kubernetes", "kubernetes/coordinator.yaml", "path: /health,", "path: /ready,", "restarted"),
        Fault("kubernetes", "kubernetes/coordinator.yaml", "--grace=20", "--grace=60", "drains"),
        Fault("kubernetes", "kubernetes/draft.yaml", "- --threads=2", "- --threads=4", "threads"),
        Fault(
            "kubernetes", "kubernetes/llm-d/inference-pool.yaml",
            "      app.kubernetes.io/component: coordinator\n", "", "the pool picks target"),
        Fault("rules", "prometheus/rules.yaml", "foretoken_target_up) == 0\n", "foretoken_target_up) == \n", "parse"),
        Fault("rules", "prometheus/rules.yaml", "(foretoken_draft_up) == 0", "(foretoken_draft_up) > 1", "DraftDown"),
        Fault("dashboard", "grafana/foretoken.json", "\"expr\": \"", "\"expression\": \"", "expr"),
    ]

    @Test(arguments: faults) func aFaultIsFound(_ fault: Fault) async throws { try await self.find(fault) }

    private func find(_ fault: Fault) async throws {
        let folder = try TemporaryFolder()
        for name in ["compose", "container", "grafana", "kubernetes", "prometheus", "systemd"] {
            try FileManager.default.copyItem(
                atPath: Self.root.appending(path: "deploy/\(name)").path, toPath: "\(folder.path)/\(name)")
        }
        let text = try folder.read(fault.file)
        try #require(text.contains(fault.old), "\(fault)")
        try folder.write(text.replacing(fault.old, with: fault.new), to: fault.file)
        let ended = try await self.check(fault.check, in: folder.path)
        #expect(ended.status != 0 && (ended.output + ended.error).contains(fault.word), "\(ended.output)\(ended.error)")
    }

    /// What files start the program by is what it understands.
    @Test func everyCommandOfTheFilesIsUnderstood() async throws {
        let python = try await Python.program(for: Self.deployment)
        let tests = Self.deployment.appending(path: "commands.py").path
        let ended = try await RunningProcess(
            ["-B", tests, Self.root.appending(path: "deploy").path], executable: python
        ).end()
        try #require(ended.status == 0, "\(ended.error)")
        let commands = try JSONSerialization.jsonObject(with: Data(ended.output.utf8)) as? [[Any]] ?? []
        #expect(commands.count == 10)
        for command in commands {
            let words = try #require(command.last as? [String])
            #expect(throws: Never.self, "\(command)") { _ = try ForetokenCommand.parseAsRoot(words) }
        }
    }

    /// What a script of ours prints last.
    static func printed(_ script: String, _ arguments: [String]) async throws -> String {
        let ended = try await RunningProcess(arguments, executable: Self.root.appending(path: script).path)
            .end(within: 600)
        try #require(ended.status == 0, "\(ended.error)")
        return ended.output.split(separator: "\n").last.map(String.init) ?? ""
    }
}

/// What compose.yaml starts, started.
@Suite(.oneAtATime, .enabled(if: OwnNamespaces.arePossible, OwnNamespaces.reason)) struct RehearsalTests {
    /// Figures in every panel, and an alert as a target is killed.
    @Test func theComposeDeploymentServesAndIsWatched() async throws {
        let process = try OwnNamespaces.run([
            try await Python.program(for: ManifestTests.deployment), "-B",
            ManifestTests.deployment.appending(path: "rehearsal.py").path,
            RunningProcess.executable, try await ManifestTests.printed("deploy/promtool", ["--server"]),
            Python.root.appending(path: "deploy").path,
        ])
        let ended = try await process.end()
        #expect(ended.status == 0 && ended.output.contains("all is well"), "\(ended.output)\(ended.error)")
    }
}
