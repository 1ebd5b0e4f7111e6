import CommandSupport
import Measurement

/// What a measurement under load has found, for people: a table for each number of clients.
struct LoadTable {
    let report: LoadReport

    var text: String {
        var lines: [String] = []
        let cells = self.report.cells.filter { !$0.hasLongPrompts }
        for clients in cells.map(\.clients).uniqued() {
            lines.append(count(clients, "client") + " at once")
            lines.append(self.line("rule", Self.heads, Self.widths))
            lines += cells.filter { $0.clients == clients }.map(self.line)
            lines.append("")
        }
        if let tokens = self.report.plan.longPromptTokens {
            lines.append("beside long prompts of \(tokens) tokens, one after the other")
            lines.append(self.line("rule", Self.longHeads, Self.longWidths))
            lines += self.report.longPromptEffects.map(self.line)
            lines.append("")
        }
        return (lines + self.notes).joined(separator: "\n")
    }

    private static let heads = [
        "tokens/s", "of off", "from-to", "TPOT p50", "p95", "client least", "median", "most", "TTFT p50", "p95",
        "accepted", "draft/pass", "tok/pass", "differ",
    ]
    private static let widths = [10, 8, 13, 10, 8, 14, 8, 8, 10, 8, 10, 12, 10, 9]
    private static let longHeads = [
        "clients", "gap p50", "p95", "max", "beside p50", "p95", "max", "pass", "later p95", "in passes", "long prompt",
    ]
    private static let longWidths = [9, 10, 8, 8, 12, 8, 8, 8, 11, 11, 13]

    private func line(_ name: String, _ cells: [String], _ widths: [Int]) -> String {
        let width = 2 + max(4, self.report.cells.map { $0.rule.count }.max() ?? 0)
        return name.padded(width) + zip(cells, widths).map { $0.padded($1, right: true) }.joined()
    }

    private func line(_ cell: LoadCell) -> String {
        let range =
            if let low = cell.ratioLow, let high = cell.ratioHigh { "\(low.text(3))-\(high.text(3))" } else { "-" }
        return self.line(
            cell.rule,
            [
                cell.tokensPerSecond.text(1), self.text(cell.ratio, 3), range,
                self.milliseconds(cell.timePerToken?.p50),
                self.milliseconds(cell.timePerToken?.p95), self.milliseconds(cell.clientTimePerToken?.least),
                self.milliseconds(cell.clientTimePerToken?.p50), self.milliseconds(cell.clientTimePerToken?.max),
                self.milliseconds(cell.timeToFirstToken?.p50), self.milliseconds(cell.timeToFirstToken?.p95),
                cell.acceptanceRate.map { ($0 * 100).text(0) + " %" } ?? "-", self.text(cell.draftTokensPerPass, 2),
                self.text(cell.acceptanceLength, 2), "\(cell.differentTexts)/\(cell.comparedTexts)",
            ], Self.widths)
    }

    private func line(_ effect: LongPromptEffect) -> String {
        let gaps = [effect.gapWithout, effect.gapWith].flatMap { [$0.p50, $0.p95, $0.max] }
        return self.line(
            effect.rule,
            ["\(effect.clients)"] + gaps.map(self.milliseconds)
                + [
                    self.milliseconds(effect.passSeconds), self.milliseconds(effect.delay),
                    self.text(effect.delayInPasses, 2), self.milliseconds(effect.longPrompt?.p50),
                ], Self.longWidths)
    }

    private func text(_ value: Double?, _ digits: Int) -> String { value?.text(digits) ?? "-" }

    private func milliseconds(_ seconds: Double?) -> String { seconds.map { ($0 * 1000).shortText } ?? "-" }

    /// Texts of a client below which a window tells little.
    private static let fewTexts = 5

    private func textsOfClient(_ cell: LoadCell) -> Int {
        (cell.timePerToken?.count ?? 0) / max(1, cell.clients * cell.repetitions)
    }

    private var notes: [String] {
        var notes = [
            "times in ms; tokens/s: of all clients together, over the counted seconds; of off: by that of "
                + "off with as many clients, from the least to the largest repetition",
            "TPOT: time per token of texts, behind the first; client: the same of each client, waiting for first tokens "
                + "included; TTFT: time to the first token",
            "accepted: of drafted; draft/pass, tok/pass: draft tokens and tokens of a pass",
        ]
        if self.report.plan.longPromptTokens != nil {
            notes.append(
                "gap: inter-token time, without long prompts and beside them; pass: an ordinary one; "
                    + " later: the next token's delay at p95; long prompt: until the token behind it")
        }
        let different = self.report.cells.reduce(0) { $0 + $1.differentTexts }
        if different > 0 {
            let texts = self.report.cells.reduce(0) { $0 + $1.comparedTexts }
            notes.append(
                "\(different) of \(count(texts, "text")) differ from the target alone; near-ties do that, and foretoken "
                    + "check tells them from bugs; with --exact none may")
        }
        let short = self.report.cells.filter { self.textsOfClient($0) < Self.fewTexts }.map(\.clients).uniqued()
        if !short.isEmpty {
            notes.append(
                "at \(short.map(String.init).joined(separator: ", ")) clients a window held fewer than \(Self.fewTexts) "
                    + "texts of each, and its figures may be off by a tenth: give more --seconds")
        }
        if !self.report.isComplete {
            notes.append("interrupted, or ended by an error: this is what was measured until then")
        }
        return notes
    }
}
