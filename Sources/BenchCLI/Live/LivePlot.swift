import CommandSupport
import Foundation
import Measurement
import Plots

/// The speed-up of every rule over the delay, as measured live.
struct LivePlot {
    let report: LiveReport

    var svg: String {
        let linked = self.report.cells.filter { $0.delayMs != nil && $0.arm != LiveCell.reference }
        var arms: [String] = []
        for cell in linked where !arms.contains(cell.arm) { arms.append(cell.arm) }
        let delays = Set(linked.compactMap(\.delayMs)).sorted()
        var series = arms.map { arm in
            Series(
                arm,
                linked.filter { $0.arm == arm }.compactMap { cell in
                    cell.ratio.map { .init(x: cell.delayMs!, y: $0, low: cell.ratioLow, high: cell.ratioHigh) }
                },
                isEmphasized: arm == "marginal", interval: .bars)
        }
        // Without a link it is the same at every delay.
        let colocated = self.report.cells.filter { $0.delayMs == nil && $0.ratio != nil }.max { $0.ratio! < $1.ratio! }
        if let colocated {
            series.append(Series("best \(colocated.arm)", delays.map { .init(x: $0, y: colocated.ratio!) }))
        }
        let texts = self.report.samples.count { $0.arm == LiveCell.reference && $0.delayMs == delays.first }
        return LineChart(
            title: "Speed-up over the target alone, live, by one-way delay",
            subtitle: "\(self.report.target.name) (\(count(self.report.target.threads, "thread"))) with "
                + "\(self.report.draft.name) (\(self.report.draft.threads)); \(self.report.machine.processor ?? self.report.machine.system), "
                + "\(self.report.machine.cores) cores; \(texts) texts a point, 95 % intervals",
            x: Axis("one-way delay", unit: "ms", scale: .ordinal(delays)), y: Axis("speed-up"), series: series,
            reference: ReferenceLine(1, "target alone")
        ).svg
    }
}
