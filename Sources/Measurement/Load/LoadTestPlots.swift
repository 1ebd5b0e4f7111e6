internal import Plots
internal import Speculation

/// The pictures of a load test.
struct LoadTestPlots {
    let report: LoadTestReport

    init(_ report: LoadTestReport) {
        self.report = report
    }

    /// As an SVG element for a page.
    var picture: String { self.grid.svg(width: 1000, idPrefix: "curves-") }

    private var grid: Grid {
        Grid(
            title: "How long requests took, and when",
            subtitle:
                "Above: the time that a percentage of requests did not exceed. Below: over the time of the run; "
                + "the band holds all, the line is the median.",
            columns: 2,
            charts: [
                self.curve("Time to first token", of: "requests", \.timeToFirstToken),
                self.curve("Time per token, of requests", of: "requests", \.timePerToken),
                self.curve("Inter-token time", of: "gaps", \.interToken),
                self.curve("End to end", of: "requests", \.endToEnd),
                self.overTime("Tokens per second", Axis("tokens", unit: "1/s")) {
                    .init(x: $0.begin + $0.seconds / 2, y: $0.tokensPerSecond)
                },
                self.overTime("Time to first token, by its beginning", Axis("time", unit: "ms")) { point in
                    guard let least = point.firstTokenLeast, let most = point.firstTokenMost else { return nil }
                    return .init(
                        x: point.begin + point.seconds / 2, y: (point.firstTokenP50 ?? least) * 1000,
                        low: least * 1000, high: most * 1000)
                },
            ])
    }

    private func curve(
        _ title: String, of things: String, _ latencies: (LoadFigures) -> Latencies?
    ) -> LineChart {
        LineChart(
            title: title, x: Axis("percent of \(things)", scale: .ordinal(Latencies.curvePercents)),
            y: Axis("time", unit: "ms"),
            series: self.report.arms.map { arm in
                Series(
                    self.name(arm),
                    (latencies(arm)?.curve ?? []).map { .init(x: $0.percent, y: $0.seconds * 1000) },
                    isEmphasized: arm.arm == .asked)
            }, height: 280)
    }

    private func overTime(_ title: String, _ axis: Axis, _ point: (TimelinePoint) -> Series.Point?) -> LineChart {
        LineChart(
            title: title, x: Axis("time", unit: "s"), y: axis,
            series: self.report.arms.map { arm in
                Series(self.name(arm), Self.points(of: arm.timeline, point), isEmphasized: arm.arm == .asked)
            }, height: 280)
    }

    /// With a point that cannot be drawn where a part of the time is missing, so that no line crosses it.
    private static func points(
        of timeline: [TimelinePoint], _ point: (TimelinePoint) -> Series.Point?
    ) -> [Series.Point] {
        var points: [Series.Point] = []
        var end: Seconds?
        for part in timeline {
            if let end, part.begin > end + part.seconds / 2 { points.append(.init(x: .nan, y: .nan)) }
            end = part.begin + part.seconds
            if let point = point(part) { points.append(point) }
        }
        return points
    }

    private func name(_ figures: LoadFigures) -> String {
        self.report.plan.isComparison ? figures.arm.rawValue : "all requests"
    }
}
