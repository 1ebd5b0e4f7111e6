import CommandSupport
import Measurement
import Plots
import Simulation

/// Pictures of a fleet, its rules against each other.
struct FleetPlots {
    let report: FleetReport

    private var rules: [String] { self.report.results.map(\.rule).uniqued() }

    /// Of the largest load.
    private var last: [FleetResult] {
        guard let load = self.report.results.last?.load else { return [] }
        return self.report.results.filter { $0.load == load }
    }

    private func series(_ points: (FleetResult) -> [Series.Point]) -> [Series] {
        self.last.map { Series($0.rule, points($0), isEmphasized: $0.rule == "marginal") }
    }

    /// Tokens per second of a target: over the number of clients, or from the slowest target to the fastest.
    var rate: String {
        let clients = self.report.results.compactMap(\.clients).uniqued()
        guard clients.count > 1 else {
            return LineChart(
                title: "Tokens per second of each target", subtitle: self.subtitle,
                x: Axis("targets, from the slowest to the fastest"), y: Axis("tokens", unit: "1/s"),
                series: self.series { result in
                    result.targets.map(\.tokensPerSecond).sorted().enumerated().map {
                        .init(x: Double($0 + 1), y: $1)
                    }
                }
            ).svg
        }
        return LineChart(
            title: "Tokens per second per target, by clients at once", subtitle: self.report.title,
            x: Axis("clients at once", scale: .ordinal(clients.map(Double.init).sorted())),
            y: Axis("tokens", unit: "1/s"),
            series: self.overClients(clients) { result in
                let rates = result.targets.map(\.tokensPerSecond)
                return (rates.reduce(0, +) / Double(rates.count), rates.min(), rates.max())
            }
        ).svg
    }

    /// Time per token: over the number of clients, or of each part of the requests.
    var timePerToken: String {
        let clients = self.report.results.compactMap(\.clients).uniqued()
        let y = Axis("time per token", unit: "ms")
        guard clients.count > 1 else {
            return LineChart(
                title: "Time per token of the requests", subtitle: self.subtitle,
                x: Axis("requests that are faster", unit: "%"), y: y,
                series: self.series { result in
                    result.timePerTokenCurve.enumerated().map { .init(x: Double($0) * 5, y: $1 * 1e3) }
                }
            ).svg
        }
        return LineChart(
            title: "Time per token, by clients at once: median, and the range of 5 to 95 %",
            subtitle: self.report.title,
            x: Axis("clients at once", scale: .ordinal(clients.map(Double.init).sorted())), y: y,
            series: self.overClients(clients) { result in
                result.timePerToken.map { ($0.p50 * 1e3, result.timePerTokenCurve[1] * 1e3, $0.p95 * 1e3) }
            }
        ).svg
    }

    private func overClients(
        _ clients: [Int], _ value: (FleetResult) -> (middle: Double, low: Double?, high: Double?)?
    ) -> [Series] {
        self.rules.map { rule in
            Series(
                rule,
                clients.sorted().compactMap { number in
                    let result = self.report.results.first { $0.rule == rule && $0.clients == number }
                    return result.flatMap(value).map {
                        .init(x: Double(number), y: $0.middle, low: $0.low, high: $0.high)
                    }
                }, isEmphasized: rule == "marginal", interval: .bars)
        }
    }

    /// How much drafts do, and how much of it is used, by their distance.
    var drafts: String {
        func chart(_ title: String, _ name: String, _ value: @escaping (FleetResult.Draft) -> Double) -> LineChart {
            let delays = self.last.flatMap { $0.drafts.map(\.delayMilliseconds) }.uniqued().sorted()
            let drafting = self.last.filter { $0.lookahead > 0 }
            return LineChart(
                title: title, x: Axis("one-way delay", unit: "ms", scale: .ordinal(delays)), y: Axis(name, unit: "%"),
                series: drafting.map { result in
                    Series(
                        result.rule,
                        delays.map { delay in
                            let values = result.drafts.filter { $0.delayMilliseconds == delay }.map { 100 * value($0) }
                            return .init(
                                x: delay, y: values.reduce(0, +) / Double(max(1, values.count)), low: values.min(),
                                high: values.max())
                        }, isEmphasized: result.rule == "marginal", interval: .bars)
                })
        }
        return Grid(
            title: "Drafts by their distance: mean, least and most", subtitle: self.subtitle, columns: 2,
            charts: [
                chart("Part of the time in which it drafts", "busy", \.busy),
                chart("Part of its tokens that targets accept", "used", \.used),
            ]
        ).svg
    }

    private var subtitle: String { "\(self.report.title); \(self.last.first?.load ?? "")" }
}
