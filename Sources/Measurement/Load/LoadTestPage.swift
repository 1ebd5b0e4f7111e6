internal import Foundation
internal import Plots

/// A load test as one HTML page that needs no other file.
public struct LoadTestPage: Sendable {
    private let report: LoadTestReport

    public init(_ report: LoadTestReport) {
        self.report = report
    }

    public var html: String {
        let machine = self.report.machine
        let command = self.report.commandLine.map(Self.quoted).joined(separator: " ")
        let tables = self.report.tables.map(Self.table).joined(separator: "\n")
        let notes = self.report.notes.map { "<li>\(Self.escaped($0))</li>" }.joined(separator: "\n")
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>Load test of \(Self.escaped(self.report.server))</title>
            <style>
            \(Self.style)
            </style>
            </head>
            <body>
            <h1>Load test</h1>
            <p class="lead">\(Self.escaped(self.report.headline))</p>
            \(self.keyFigures)
            <div class="plot">\(LoadTestPlots(self.report).picture)</div>
            <div class="tables">
            \(tables)
            </div>
            <h2>Notes</h2>
            <ul>
            \(notes)
            </ul>
            <h2>How it was measured</h2>
            <dl>
            <dt>Command</dt><dd><code>\(Self.escaped(command))</code></dd>
            <dt>Machine that asked</dt><dd>\(Self.escaped(machine.processor ?? "processor unknown")), \
            \(Numeral.count(machine.cores, "core")), \(machine.memoryBytes >> 30) GiB, \(Self.escaped(machine.system))</dd>
            <dt>Date</dt><dd>\(Self.escaped(self.report.date))</dd>
            <dt>Prompts, seed</dt><dd>\(self.report.plan.prompts), \(self.report.plan.seed)</dd>
            </dl>
            </body>
            </html>

            """
    }

    private var keyFigures: String {
        guard let first = self.report.arms.first else { return "" }
        var figures: [(name: String, value: String)] = [
            ("tokens/s", Numeral.short(first.tokensPerSecond)), ("requests/s", Numeral.short(first.requestsPerSecond)),
        ]
        if let times = first.timeToFirstToken {
            figures.append(("first token, p50", Numeral.milliseconds(times.p50) + " ms"))
            figures.append(("first token, p99", Numeral.milliseconds(times.p99) + " ms"))
        }
        if let times = first.timePerToken {
            figures.append(("time per token, p50", Numeral.milliseconds(times.p50) + " ms"))
        }
        if self.report.limits != nil { figures.append(("within limits", Numeral.percent(first.goodShare))) }
        if self.report.arms.count == 2, self.report.arms[1].tokensPerSecond > 0 {
            let ratio = first.tokensPerSecond / self.report.arms[1].tokensPerSecond
            figures.insert(("times the target alone", Numeral.text(ratio, digits: 2)), at: 0)
        }
        let failed = self.report.arms.reduce(0) { $0 + $1.failed + $1.timedOut }
        if failed > 0 { figures.append(("errors", "\(failed)")) }
        let tiles = figures.map { name, value in
            "<div><b>\(Self.escaped(value))</b><span>\(Self.escaped(name))</span></div>"
        }
        return "<div class=\"key\">\(tiles.joined())</div>"
    }

    private static func table(_ table: ReportTable) -> String {
        func cells(_ texts: [String], _ tag: String) -> String {
            texts.map { "<\(tag)>\(self.escaped($0))</\(tag)>" }.joined()
        }

        let columns = table.head.count
        let rows = table.rows.map { row in
            let padded = row.cells + Array(repeating: "", count: max(0, columns - row.cells.count))
            let indent = row.name.hasPrefix(" ") ? " class=\"part\"" : ""
            return "<tr\(indent)>\(cells([row.name], "th"))\(cells(padded, "td"))</tr>"
        }
        let head =
            table.hasHead ? "<thead><tr>\(cells([table.title] + table.head, "th"))</tr></thead>\n" : ""
        return "<table>\n\(head)<tbody>\n\(rows.joined(separator: "\n"))\n</tbody>\n</table>"
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }

    /// As a shell reads it.
    private static func quoted(_ word: String) -> String {
        let isPlain = !word.isEmpty && word.allSatisfy { $0.isLetter || $0.isNumber || "-_./:=,@+%".contains($0) }
        return isPlain ? word : "'" + word.replacing("'", with: "'\\''") + "'"
    }

    /// Pictures are on white cards; in the dark they are inverted, their hues kept.
    private static let style = """
        :root { --page: #f6f8fa; --card: #fff; --ink: #1f2328; --faint: #57606a; --border: #d0d7de; }
        body { font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; max-width: 1000px; margin: 0 auto;
          padding: 28px 20px 60px; background: var(--page); color: var(--ink); }
        h1 { font-size: 26px; margin: 0 0 4px; }
        h2 { font-size: 17px; margin: 32px 0 8px; }
        .lead { color: var(--faint); margin: 0 0 20px; }
        .key { display: flex; flex-wrap: wrap; gap: 10px; margin-bottom: 20px; }
        .key div { flex: 1 1 120px; background: var(--card); border: 1px solid var(--border); border-radius: 10px;
          padding: 10px 14px; }
        .key b { display: block; font-size: 22px; font-variant-numeric: tabular-nums; white-space: nowrap; }
        .key span { color: var(--faint); font-size: 13px; }
        svg { display: block; width: 100%; min-width: 640px; height: auto; }
        .plot { margin-bottom: 20px; }
        .plot, .tables { overflow-x: auto; }
        table { border-collapse: collapse; background: var(--card); border: 1px solid var(--border);
          border-radius: 10px; margin-bottom: 20px; min-width: 60%; }
        th, td { padding: 5px 14px; text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
        th { font-weight: 500; }
        thead th { color: var(--faint); border-bottom: 1px solid var(--border); }
        tr > th:first-child { text-align: left; }
        .part th { padding-left: 30px; color: var(--faint); font-weight: 400; }
        li { margin-bottom: 4px; }
        ul { padding-left: 20px; }
        dt { color: var(--faint); font-size: 13px; }
        dd { margin: 0 0 10px; overflow-wrap: anywhere; }
        code { font: 13px/1.5 ui-monospace, "SF Mono", Menlo, monospace; }
        @media (prefers-color-scheme: dark) {
          :root { --page: #0d1117; --card: #161b22; --ink: #e6edf3; --faint: #9198a1; --border: #30363d; }
          svg { filter: invert(0.9) hue-rotate(180deg); }
        }
        """
}
