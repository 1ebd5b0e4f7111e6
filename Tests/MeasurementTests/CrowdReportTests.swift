import Foundation
import TestSupport
import Testing

@testable import Measurement

@Suite struct LoadReportTests {
    private static let window = 10.0...20.0

    /// Tokens one by one, from `begin` on.
    private func text(
        client: Int = 0, asked: Double, every gap: Double, tokens: Int, isFinished: Bool = true
    ) -> LoadText {
        LoadText(
            client: client, askedAt: asked,
            arrivals: (1...tokens).map { .init(at: asked + gap * Double($0), tokens: 1) },
            counters: isFinished
                ? .init(
                    tokens: tokens, targetPasses: tokens, rounds: 1, draftTokens: 4, acceptedTokens: 1,
                    meanPassSeconds: gap / 2)
                : nil)
    }

    private func run(
        _ rule: String, clients: Int = 1, repetition: Int = 0, longPrompts: [Double]? = nil, _ texts: [LoadText]
    ) -> LoadRun {
        LoadRun(
            clients: clients, rule: rule, repetition: repetition, window: Self.window, texts: texts,
            longPrompts: longPrompts)
    }

    @Test func quantilesOfValues() {
        #expect(Quantiles([]) == nil)
        let quantiles = Quantiles((0...100).map(Double.init).shuffled())
        #expect(quantiles?.p50 == 50 && quantiles?.p95 == 95)
        #expect(quantiles?.p99 == 99 && quantiles?.mean == 50)
        #expect(quantiles?.least == 0 && quantiles?.largest == 100 && quantiles?.count == 101)
        let sum = Quantiles(summing: [Quantiles([1, 2, 3])!, Quantiles([2, 4, 9])!, Quantiles([5])!])
        #expect(sum?.least == 1 && sum?.p50 == 4 && sum?.largest == 9 && sum?.count == 7)
        #expect(sum?.mean == 26.0 / 7 && sum?.spread == 9)
    }

    @Test func onlyTheWindowCounts() throws {
        // At 6, 7, ... 25: half of it is within.
        let long = self.text(asked: 5, every: 1, tokens: 20)
        #expect(long.tokens(in: Self.window) == 11)
        #expect(long.firstTokenSeconds(in: Self.window) == nil, "asked for before")
        #expect(long.secondsPerToken(in: Self.window) == 1)
        #expect(long.gaps(in: Self.window) == Array(repeating: 1, count: 11))
        // All within.
        let short = self.text(asked: 12, every: 0.5, tokens: 3)
        #expect(short.firstTokenSeconds(in: Self.window) == 0.5)
        #expect(short.secondsPerToken(in: Self.window) == 0.5)
        // Its last part is too short to tell anything, and so is one token.
        #expect(self.text(asked: 9, every: 0.5, tokens: 3).secondsPerToken(in: Self.window) == nil)
        #expect(self.text(asked: 12, every: 1, tokens: 1).secondsPerToken(in: Self.window) == nil)
        #expect(self.text(asked: 20, every: 1, tokens: 4).secondsPerToken(in: Self.window) == nil)
        #expect(LoadText(client: 0, askedAt: 12).secondsPerToken(in: Self.window) == nil)
    }

    @Test func whoHangsCounts() {
        let hung = self.text(asked: 10, every: 1, tokens: 2, isFinished: false)
        #expect(hung.secondsPerToken(in: Self.window) == 9)
        let run = self.run("off", clients: 3, [self.text(asked: 9, every: 0.1, tokens: 200), hung])
        #expect(run.clientTimePerToken?.largest == 10, "the third client has nothing")
        #expect(run.timePerToken?.largest == 9)
    }

    @Test func tokensOfOnePassArriveTogether() {
        var text = self.text(asked: 11, every: 1, tokens: 3)
        text.arrivals[1].tokens = 4
        #expect(text.tokens(in: Self.window) == 6)
        #expect(text.gaps(in: Self.window) == [1, 1])
        #expect(text.secondsPerToken(in: Self.window) == 0.4)
    }

    @Test func cellsCompareWithOffUnderTheSameLoad() throws {
        let fast = self.text(asked: 9, every: 0.25, tokens: 44)
        let slow = self.text(asked: 9, every: 0.5, tokens: 22)
        let cells = LoadCell.cells(of: [
            self.run("off", [slow]), self.run("fixed:4", [fast]),
            self.run("off", repetition: 1, [fast]), self.run("fixed:4", repetition: 1, [fast]),
            // Interrupted before the target alone had its turn.
            self.run("fixed:4", repetition: 2, [fast]),
            self.run("fixed:4", clients: 2, [fast]),
        ])
        #expect(cells.map(\.rule) == ["off", "fixed:4", "fixed:4"])
        #expect(cells.map(\.clients) == [1, 1, 2])
        #expect(cells[0].ratio == 1 && cells[2].ratio == nil)
        let ratio = try #require(cells[1].ratio)
        #expect(abs(ratio - 82 / 62) < 1e-9)
        #expect(cells[1].ratioLow == 1 && abs(cells[1].ratioHigh! - 41 / 21) < 1e-9)
        #expect(cells[1].repetitions == 3 && abs(cells[1].tokensPerSecond - 4.1) < 1e-9)
        #expect(cells[0].acceptanceRate == 0.25 && cells[0].draftTokensPerPass == 8 / 66)
        #expect(cells[0].timePerToken?.p50 == 0.375, "the median of the repetitions' own")
    }

    @Test func longPromptsDelayTheOthers() throws {
        var report = self.report
        report.runs = [
            self.run("off", [self.text(asked: 5, every: 0.5, tokens: 40)]),
            self.run("off", longPrompts: [1, 3], [self.text(asked: 5, every: 0.75, tokens: 40)]),
            self.run("fixed:4", longPrompts: [], [self.text(asked: 5, every: 1, tokens: 40)]),
        ]
        report.summarize(isComplete: true)
        let effect = try #require(report.longPromptEffects.first)
        #expect(report.longPromptEffects.count == 1, "the other was not measured without")
        #expect(effect.delay == 0.25 && effect.passSeconds == 0.25 && effect.delayInPasses == 1)
        #expect(effect.longPrompt?.p50 == 2)

        let data = try report.encoded()
        #expect(try LoadReport(decoding: data) == report)
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let effects = try #require(object["long_prompt_effects"] as? [[String: Any]])
        #expect(effects[0]["delay_in_passes"] as? Double == 1)
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
