import Foundation
import TestSupport
import Testing

@testable import Measurement

@Suite struct LiveReportTests {
    private func sample(
        _ arm: String, delay: Double?, prompt: Int, repetition: Int = 0, tokens: Int = 100, seconds: Double,
        drafted: Int = 0, accepted: Int = 0
    ) -> LiveSample {
        LiveSample(
            arm: arm, delayMs: delay, repetition: repetition, prompt: prompt, generatedTokens: tokens + 1,
            decodedTokens: tokens, decodingSeconds: seconds, firstTokenSeconds: 0.1, targetPasses: 50,
            rounds: drafted / 2, draftTokens: drafted, acceptedTokens: accepted,
            roundTripSeconds: drafted > 0 ? 0.04 : 0)
    }

    @Test func cellsCompareWithOffAtTheSameDelay() throws {
        let cells = LiveCell.cells(of: [
            self.sample("off", delay: 0, prompt: 0, seconds: 2), self.sample("off", delay: 0, prompt: 1, seconds: 4),
            self.sample("fixed:2", delay: 0, prompt: 0, seconds: 1, drafted: 80, accepted: 20),
            self.sample("fixed:2", delay: 0, prompt: 1, seconds: 2, drafted: 80, accepted: 60),
            self.sample("off", delay: 20, prompt: 0, seconds: 1),
            self.sample("fixed:2", delay: 20, prompt: 0, seconds: 2),
            self.sample("colocated:fixed:2", delay: nil, prompt: 0, seconds: 1),
        ])
        #expect(cells.map(\.arm) == ["off", "fixed:2", "off", "fixed:2", "colocated:fixed:2"])
        #expect(cells.map(\.ratio) == [1, 2, 1, 0.5, 1.5])
        #expect(cells.map(\.isBest) == [false, true, true, false, true])
        #expect(cells[1].ratioLow == 2 && cells[1].ratioHigh == 2)
        #expect(cells[1].medianTokensPerSecond == 75)
        #expect(cells[1].acceptanceRate == 0.5 && cells[1].meanLookahead == 2 && cells[1].shareOfRounds == 0.8)
        #expect(cells[1].acceptanceLength == 2.02)
        #expect(cells[1].meanRoundTripSeconds == 0.04 && cells[0].meanRoundTripSeconds == nil)
    }

    @Test func onlyWhatBothHaveIsCompared() {
        let cells = LiveCell.cells(of: [
            self.sample("off", delay: 0, prompt: 0, seconds: 1),
            self.sample("marginal", delay: 0, prompt: 0, seconds: 0.5),
            // Interrupted before the target alone had its turn.
            self.sample("marginal", delay: 0, prompt: 1, seconds: 100),
            self.sample("marginal", delay: 0, prompt: 0, repetition: 1, seconds: 100),
        ])
        #expect(cells[1].ratio == 2 && cells[1].texts == 3)
        #expect(LiveCell.cells(of: [self.sample("marginal", delay: 0, prompt: 0, seconds: 1)])[0].ratio == nil)
        #expect(LiveCell.cells(of: []) == [])
    }

    @Test func medianIsInTheMiddle() {
        #expect(median([]) == nil)
        #expect(median([3, 1, 2]) == 2)
        #expect(median([4, 1, 2, 3]) == 2.5)
    }

    @Test func reportIsReadAsWritten() throws {
        let model = MeasuredModel(name: "t", file: nil, parameters: 13_000_000, threads: 1)
        var report = LiveReport(
            date: Date(timeIntervalSince1970: 0), commandLine: ["foretoken"], machine: .current, target: model,
            draft: model, colocatedThreads: 2, isExact: false, maxTokens: 128, temperature: 0.8, seed: 1,
            repetitions: 3, prompts: [.init(place: "a.jsonl:1", domain: "swift")])
        report.samples = [self.sample("off", delay: 0, prompt: 0, seconds: 1)]
        report.summarize(isComplete: true)
        let data = try report.encoded()
        #expect(try LiveReport(decoding: data) == report)
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let cells = try #require(object["cells"] as? [[String: Any]])
        #expect(cells[0]["median_tokens_per_second"] as? Double == 100)
        #expect(object["date"] as? String == "1970-01-01T00:00:00Z")
    }
}
