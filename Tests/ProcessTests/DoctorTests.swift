import Foundation
import TestSupport
import Testing

/// `foretoken doctor` as users run it, against services of their own.
@Suite(.oneAtATime) struct DoctorTests {
    private static func doctor(_ arguments: String...) async throws -> RunningProcess.Snapshot {
        try await RunningProcess(["doctor", "--limit", "2", "--max-tokens", "128"] + arguments).end()
    }

    private static func object(_ ended: RunningProcess.Snapshot) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(ended.output.utf8)) as? [String: Any])
    }

    /// Rows of the passes that the target has measured.
    private static func rows(_ object: [String: Any]) -> [Int] {
        let targets = (object["deployment"] as? [String: Any])?["targets"] as? [[String: Any]]
        let costs = targets?.first?["costs"] as? [String: Any]
        return (costs?["pass_times"] as? [[String: Any]])?.compactMap { $0["rows"] as? Int } ?? []
    }

    @Test func tellsWhatItMeasuredAndPredicts() async throws {
        let service = try await Service.all(["--threads", "1"])
        let prompts = try TemporaryFile(Data("{\"prompt\": \"import unittest\"}\n{\"prompt\": \"class Test\"}\n".utf8))
        var object: [String: Any] = [:]
        // The target is fast: where others keep the draft from its work, its blocks come too late for any pass. What a
        // target has measured it keeps, so that runs add up.
        try await eventually("a pass of 8 rows is measured", within: Patience.forPrograms) {
            let ended = try await Self.doctor("--connect", service.address, "--prompts", prompts.path, "--json")
            #expect(ended.status == 0 || ended.status == 75, "\(ended.error)")
            object = try Self.object(ended)
            return ended.status == 0 && Self.rows(object).contains(8)
        }
        let pairs = try #require(object["pairs"] as? [[String: Any]])
        #expect(pairs.count == 1)
        for name in ["predicted_ratio", "pass_ms", "draft_token_ms", "round_trip_ms", "acceptance"] {
            #expect(try #require(pairs[0][name] as? Double) > 0, "\(name)")
        }
        let sample = try #require(object["sample"] as? [String: Any])
        #expect(sample["texts"] as? Int == 8)
        for name in ["alone_tokens_per_second", "ratio", "link_bytes_per_token"] {
            #expect(try #require(sample[name] as? Double) > 0, "\(name)")
        }
        let deployment = try #require(object["deployment"] as? [String: Any])
        let target = try #require((deployment["targets"] as? [[String: Any]])?.first)
        let execution = try #require(target["execution"] as? [String: Any])
        #expect(execution["threads"] as? Int == 1 && execution["weight_type"] as? String == "F16")
        #expect(execution["rolls_back"] as? Bool == true)
        // Passes of several widths, though the coordinator's own rule may draft little.
        let rows = Self.rows(object)
        #expect(rows.contains(1) && rows.contains(8), "\(rows)")

        let text = try await Self.doctor("--connect", service.address)
        #expect(text.status == 0 && text.output.hasPrefix("Drafting "), "\(text.error)\(text.output)")
        for word in ["predicted", "on the sample", "bytes cross the link", "computes with 1 thread on", "draft token"] {
            #expect(text.output.contains(word), "\(text.output)")
        }
    }

    @Test func namesADraftOfAnotherVocabulary() async throws {
        let target = try await Service.target()
        let other = try modelOfAnotherVocabulary()
        let draft = try await Service(["draft", "--listen", Service.anyPort, "--model", other.path])
        let coordinator = try await Service.coordinator(target: target, drafts: [draft.address])
        let ended = try await Self.doctor("--connect", coordinator.address, "--json")
        #expect(ended.status == 0, "\(ended.error)")
        let object = try Self.object(ended)
        #expect(object["verdict"] as? String == "cannot-draft")
        let findings = try #require(object["findings"] as? [[String: Any]])
        #expect(findings.first?["code"] as? String == "other-vocabulary", "\(findings)")
    }

    private static let taskset = "/usr/bin/taskset"

    @Test(.enabled(if: FileManager.default.fileExists(atPath: Self.taskset)))
    func namesThreadsThatCannotRun() async throws {
        let target = try await Service(
            ["target", "--listen", Service.anyPort, "--threads", "2"], startedBy: [Self.taskset, "-c", "0"])
        let draft = try await Service.draft()
        let coordinator = try await Service.coordinator(target: target, drafts: [draft.address])
        let ended = try await RunningProcess(
            ["doctor", "--connect", coordinator.address, "--limit", "1", "--max-tokens", "8", "--json"]
        ).end()
        let findings = try #require(try Self.object(ended)["findings"] as? [[String: Any]])
        #expect(findings.first?["code"] as? String == "threads-over-cores", "\(findings)")
    }

    @Test func refusesWhatItCannotUse() async throws {
        for (arguments, status, word) in [
            (["--connect", "tcp://127.0.0.1:1"], 69, "nobody"), (["--max-tokens", "2"], 64, "--max-tokens"),
            (["--prompts", "/nowhere"], 66, "/nowhere"),
        ] as [([String], Int32, String)] {
            let ended = try await RunningProcess(["doctor"] + arguments).end()
            #expect(ended.status == status && ended.error.contains(word) && ended.output.isEmpty, "\(ended.error)")
        }
    }
}
