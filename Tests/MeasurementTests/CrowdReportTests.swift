import Foundation
import TestSupport
import Testing

@testable import Measurement

@Suite struct LoadReportTests {
    /// What so many texts were like, of ten counted seconds.
    private func figures(tokens: Double, every gap: Double, passes: Int = 10) -> LoadFigures {
        var figures = LoadFigures(arm: .asked)
        figures.seconds = 10
        figures.tokens = tokens
        figures.tokensPerSecond = tokens / 10
        figures.timePerToken = Latencies(of: [gap])
        figures.interToken = Latencies(of: [gap, gap])
        figures.speculation = .init(
            .init(tokens: 20, targetPasses: passes, rounds: 1, draftTokens: 4, acceptedTokens: 1), passSeconds: 0.25)
        return figures
    }

    private func run(
        _ rule: String, clients: Int = 1, repetition: Int = 0, longPrompts: [Double]? = nil, _ figures: LoadFigures
    ) -> LoadRun {
        LoadRun(
            clients: clients, rule: rule, repetition: repetition, hasLongPrompts: longPrompts != nil, figures: figures,
            comparedTexts: 3, differentTexts: 1, longPrompt: Latencies(of: longPrompts ?? []))
    }

    @Test func quantilesOfValues() {
        #expect(Quantiles([]) == nil)
        let quantiles = Quantiles((0...100).map(Double.init).shuffled())
        #expect(quantiles?.p50 == 50 && quantiles?.p95 == 95)
        #expect(quantiles?.p99 == 99 && quantiles?.mean == 50)
        #expect(quantiles?.least == 0 && quantiles?.largest == 100 && quantiles?.count == 101)
    }

    @Test func latenciesOfSeveralMeasurements() throws {
        #expect(Latencies(of: []) == nil && Latencies(summing: []) == nil)
        let sum = try #require(
            Latencies(summing: [[1, 2, 3], [2, 4, 9], [5]].compactMap { Latencies(of: $0) }))
        // To three significant digits.
        #expect(sum.count == 7 && abs(sum.least - 1) < 0.01 && abs(sum.max - 9) < 0.01)
        #expect(abs(sum.p50 - 4) < 0.01 && abs(sum.mean - 26.0 / 7) < 1e-9)
    }

    @Test func cellsCompareWithOffUnderTheSameLoad() throws {
        let (fast, slow) = (self.figures(tokens: 41, every: 0.25), self.figures(tokens: 21, every: 0.5))
        let cells = LoadCell.cells(of: [
            self.run("off", slow), self.run("fixed:4", fast),
            self.run("off", repetition: 1, fast), self.run("fixed:4", repetition: 1, fast),
            // Interrupted before the target alone had its turn.
            self.run("fixed:4", repetition: 2, fast),
            self.run("fixed:4", clients: 2, fast),
        ])
        #expect(cells.map(\.rule) == ["off", "fixed:4", "fixed:4"])
        #expect(cells.map(\.clients) == [1, 1, 2])
        #expect(cells[0].ratio == 1 && cells[2].ratio == nil)
        let ratio = try #require(cells[1].ratio)
        #expect(abs(ratio - 82 / 62) < 1e-9)
        #expect(cells[1].ratioLow == 1 && abs(cells[1].ratioHigh! - 41 / 21) < 1e-9)
        #expect(cells[1].repetitions == 3 && abs(cells[1].tokensPerSecond - 4.1) < 1e-9)
        #expect(cells[0].acceptanceRate == 0.25 && cells[0].draftTokensPerPass == 0.4)
        #expect(cells[0].acceptanceLength == 2 && cells[0].differentTexts == 2 && cells[0].comparedTexts == 6)
        let median = try #require(cells[0].timePerToken).p50
        #expect(abs(median - 0.375) < 0.001, "the median of the repetitions' own")
    }

    @Test func longPromptsDelayTheOthers() throws {
        var report = self.report
        report.runs = [
            self.run("off", self.figures(tokens: 20, every: 0.5)),
            self.run("off", longPrompts: [1, 3], self.figures(tokens: 20, every: 0.75)),
            self.run("fixed:4", longPrompts: [], self.figures(tokens: 20, every: 1)),
        ]
        report.summarize(isComplete: true)
        let effect = try #require(report.longPromptEffects.first)
        #expect(report.longPromptEffects.count == 1, "the other was not measured without")
        #expect(abs(effect.delay - 0.25) < 0.001 && effect.passSeconds == 0.25)
        #expect(abs(try #require(effect.delayInPasses) - 1) < 0.01)
        #expect(effect.longPrompt?.count == 2)

        let data = try report.encoded()
        #expect(try LoadReport(decoding: data) == report)
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let effects = try #require(object["long_prompt_effects"] as? [[String: Any]])
        #expect(effects[0]["delay_in_passes"] as? Double == effect.delayInPasses)
    }

    private var report: LoadReport {
        let model = MeasuredModel(name: "t", file: nil, parameters: 13_000_000, threads: 1)
        return LoadReport(
            date: Date(timeIntervalSince1970: 0), commandLine: ["foretoken"], machine: .current, target: model,
            draft: model,
            plan: .init(
                slots: 2, delayMs: 0, isExact: false, maxTokens: 128, temperature: 0.8, seed: 1, repetitions: 1,
                warmUp: 1, window: 10, longPromptTokens: 1800),
            prompts: [.init(place: "a.jsonl:1", domain: "swift")])
    }
}
