import CommandSupport
import Measurement

/// What a live measurement has found, for people: a table for each delay.
struct LiveTable {
    let report: LiveReport

    var text: String {
        var lines: [String] = []
        var delays: [Double?] = []
        for cell in self.report.cells where !delays.contains(cell.delayMs) { delays.append(cell.delayMs) }
        for delay in delays {
            lines.append(delay.map { "one-way delay \($0.plainText) ms" } ?? "both models in one process, no network")
            lines.append(self.line("rule", Self.heads))
            lines += self.report.cells.filter { $0.delayMs == delay }.map(self.line)
            lines.append("")
        }
        lines.append(contentsOf: self.notes)
        return lines.joined(separator: "\n")
    }

    private static let heads = [
        "tokens/s", "of off", "95 % interval", "accepted", "tok/pass", "lookahead", "rounds", "RTT ms", "TTFT ms",
        "differ",
    ]
    private static let widths = [10, 8, 15, 10, 10, 11, 8, 8, 9, 8]

    private func line(_ name: String, _ cells: [String]) -> String {
        let width = 2 + max(4, self.report.cells.map { $0.arm.count }.max() ?? 0)
        return name.padded(width) + zip(cells, Self.widths).map { $0.padded($1, right: true) }.joined()
    }

    private func line(_ cell: LiveCell) -> String {
        func text(_ value: Double?, _ digits: Int) -> String { value?.text(digits) ?? "-" }
        func percent(_ value: Double?) -> String { value.map { ($0 * 100).text(0) + " %" } ?? "-" }
        func milliseconds(_ seconds: Double?) -> String { seconds.map { ($0 * 1000).shortText } ?? "-" }

        let interval =
            if let low = cell.ratioLow, let high = cell.ratioHigh { "\(low.text(3))-\(high.text(3))" } else { "-" }
        return self.line(
            (cell.isBest ? "* " : "  ") + cell.arm,
            [
                text(cell.medianTokensPerSecond, 1), text(cell.ratio, 3), interval, percent(cell.acceptanceRate),
                text(cell.acceptanceLength, 2), text(cell.meanLookahead, 2), percent(cell.shareOfRounds),
                milliseconds(cell.meanRoundTripSeconds), milliseconds(cell.medianFirstTokenSeconds),
                "\(cell.differentTexts)/\(cell.texts)",
            ])
    }

    private var notes: [String] {
        var notes = [
            "* best of its table; tokens/s: median over texts, behind the first pass; of off: all tokens over all "
                + "seconds, by those of off",
            "accepted: of drafted; lookahead: of a checked block; rounds: passes that checked one",
        ]
        let different = self.report.cells.reduce(0) { $0 + $1.differentTexts }
        if different > 0 {
            notes.append(
                "\(different) of \(count(self.report.samples.count, "text")) differ from the target alone; near-ties "
                    + "do that, and foretoken check tells them from bugs; with --exact none may")
        }
        if !self.report.isComplete {
            notes.append("interrupted, or ended by an error: this is what was measured until then")
        }
        return notes
    }
}
