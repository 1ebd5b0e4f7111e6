internal import Plots
internal import Speculation

/// The pictures of a load test.
struct LoadTestPlots {
    let report: LoadTestReport

    init(_ report: LoadTestReport) {
        self.report = report
    }

    /// As SVG elements that one page can hold together.
    var pictures: [String] {
        [self.speedUps?.svg(width: 1000, idPrefix: "speed-up-"), self.grid.svg(width: 1000, idPrefix: "curves-")]
            .compactMap(\.self)
    }

    private var grid: Grid {
        Grid(
            title: "How long requests took, and when",
            subtitle:
                "Above: the time that so many percent of requests did not exceed. Below: over the time of the run; "
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

    /// Of a comparison.
    private var speedUps: BarChart? {
        guard self.report.plan.isComparison, self.report.arms.count == 2 else { return nil }
        let (asked, off) = (self.report.arms[0], self.report.arms[1])
        func bar(_ name: String, _ part: Double?, _ whole: Double?) -> BarChart.Bar? {
            guard let part, let whole, whole > 0, part > 0 else { return nil }
            return BarChart.Bar(name, part / whole, isEmphasized: name == "tokens/s")
        }

        return BarChart(
            title: "Speed-up over the target alone",
            subtitle: "Rates by those of off; times of off by these. Above 1 is better.", axis: Axis("times"),
            groups: [
                .init(
                    "",
                    [
                        bar("tokens/s", asked.tokensPerSecond, off.tokensPerSecond),
                        bar("requests/s", asked.requestsPerSecond, off.requestsPerSecond),
                        bar("first token, p50", off.timeToFirstToken?.p50, asked.timeToFirstToken?.p50),
                        bar("first token, p99", off.timeToFirstToken?.p99, asked.timeToFirstToken?.p99),
                        bar("time per token, p50", off.timePerToken?.p50, asked.timePerToken?.p50),
                        bar("time per token, p99", off.timePerToken?.p99, asked.timePerToken?.p99),
                        bar("end to end, p50", off.endToEnd?.p50, asked.endToEnd?.p50),
                        bar("end to end, p99", off.endToEnd?.p99, asked.endToEnd?.p99),
                    ].compactMap(\.self))
            ], reference: ReferenceLine(1, "target alone"))
    }
}
