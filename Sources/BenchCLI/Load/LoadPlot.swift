import CommandSupport
import Foundation
import Measurement
import Plots

/// Tokens per second and time per token of every rule, over the number of clients.
struct LoadPlot {
    let report: LoadReport

    var svg: String {
        let cells = self.report.cells.filter { !$0.hasLongPrompts }
        let clients = cells.map(\.clients).uniqued().sorted().map(Double.init)
        func chart(_ title: String, _ y: Axis, _ value: (LoadCell) -> Double?) -> LineChart {
            LineChart(
                title: title, x: Axis("clients at once", scale: .ordinal(clients)), y: y,
                series: cells.map(\.rule).uniqued().map { rule in
                    Series(
                        rule,
                        cells.filter { $0.rule == rule }.sorted { $0.clients < $1.clients }.compactMap { cell in
                            value(cell).map { .init(x: Double(cell.clients), y: $0) }
                        },
                        isEmphasized: rule == "marginal")
                })
        }
        let (target, draft) = (self.report.target, self.report.draft)
        return Grid(
            title: "Many clients at once, live",
            subtitle: "\(target.name) (\(count(target.threads, "thread"))) with \(draft.name) (\(draft.threads)), "
                + "one-way delay \(self.report.plan.delayMs.plainText) ms; "
                + "\(self.report.machine.processor ?? self.report.machine.system), \(self.report.machine.cores) cores; "
                + "\(count(self.report.plan.repetitions, "window")) of \(self.report.plan.window.plainText) s a point",
            columns: 2,
            charts: [
                chart("All clients together", Axis("tokens", unit: "1/s")) { $0.tokensPerSecond },
                chart("Time per token of a text, median", Axis("time per token", unit: "ms")) {
                    $0.timePerToken.map { $0.p50 * 1000 }
                },
            ]
        ).svg
    }
}
