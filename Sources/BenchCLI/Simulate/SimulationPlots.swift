import CommandSupport
import Foundation
import Measurement
import Plots
import Simulation
import Speculation

/// Pictures of a sweep.
struct SimulationPlots {
    let cells: [Cell]
    /// What was replayed, for the subtitles.
    let source: String

    private var costs: [String] { self.unique(\.costs) }
    private var domains: [String] { self.unique(\.domain) }
    private var delays: [Double] {
        self.cells.map(\.delayMilliseconds).uniqued().sorted()
    }

    private func unique(_ name: (Cell) -> String) -> [String] {
        self.cells.map(name).uniqued()
    }

    private func title(_ domain: String) -> String { domain.isEmpty ? "all texts" : domain }

    /// Speed-up over delay, a panel for each domain and costs.
    func overDelay(rules: [String]) -> String {
        let charts = self.costs.flatMap { costs in
            self.domains.map { domain in
                let here = self.cells.filter { $0.costs == costs && $0.domain == domain }
                return LineChart(
                    title: "\(self.title(domain)), \(costs)",
                    x: Axis("one-way delay", unit: "ms", scale: .ordinal(self.delays)), y: Axis("speed-up"),
                    series: rules.map { rule in
                        Series(
                            rule,
                            here.filter { $0.rule == rule }.map { .init(x: $0.delayMilliseconds, y: $0.speedUp) },
                            isEmphasized: rule == "marginal")
                    },
                    reference: ReferenceLine(1, "target alone"), height: 300)
            }
        }
        return Grid(
            title: "Speed-up over the target alone, by one-way delay", subtitle: self.source,
            columns: min(3, self.domains.count), charts: charts
        ).svg
    }

    /// How much longer each rule takes than the oracle, over all cells.
    func regret(rules: [String]) -> String {
        let groups = self.costs.map { costs in
            BarChart.Group(
                costs,
                rules.filter { $0 != "oracle" }.map { rule in
                    let ratios = self.cells.filter { $0.costs == costs && $0.rule == rule }.compactMap { cell in
                        self.oracle(cell).map { cell.seconds / min($0.seconds, $0.aloneSeconds) }
                    }
                    let mean = ratios.map { log($0) }.reduce(0, +) / Double(max(1, ratios.count))
                    return BarChart.Bar(rule, exp(mean), isEmphasized: rule == "marginal")
                })
        }
        return BarChart(
            title: "Time over that of the oracle, or of the target alone where that is better",
            subtitle: "\(self.source); geometric mean over domains and delays, less is better",
            axis: Axis("time ratio"), groups: groups, reference: ReferenceLine(1, "oracle")
        ).svg
    }

    private func oracle(_ cell: Cell) -> Cell? {
        self.cells.first {
            $0.rule == "oracle" && $0.costs == cell.costs && $0.domain == cell.domain
                && $0.delayMilliseconds == cell.delayMilliseconds
        }
    }

    /// The speed-up of `marginal` over acceptance and delay, texts grouped by how often the draft guesses right.
    static func acceptance(_ sweeps: [Sweep], source: String) -> String? {
        guard let first = sweeps.first else { return nil }
        let texts = sweeps.filter { $0.distance == first.distance }.flatMap(\.texts)
        let ranked = texts.map { text in
            (text, Double(text.tokens.indices.count { text.isRight($0) }) / Double(text.tokens.count))
        }.sorted { $0.1 < $1.1 }
        let count = min(8, ranked.count)
        let groups = (0..<count).map { ranked[ranked.count * $0 / count..<ranked.count * ($0 + 1) / count] }
        guard groups.allSatisfy({ !$0.isEmpty }) else { return nil }
        let delays = sweeps.map(\.distance).uniqued()
        let marginal = Contender(.marginal)!
        let values = groups.reversed().map { group in
            delays.map { distance in
                var replay = Replay(
                    marginal, costs: first.costs, distance: distance, endTokens: first.endTokens)
                // With what it learned from texts like these.
                for (text, _) in group { replay.run(text) }
                replay.resetTally()
                for (text, _) in group { replay.run(text) }
                return replay.tally.rate * first.costs.pass(rows: 1)
            }
        }
        return HeatMap(
            title: "Speed-up of marginal over acceptance and delay",
            subtitle: "\(source); costs: \(first.costs.name); texts grouped by how often the draft is right",
            rowAxis: Axis("guesses right"),
            rows: groups.reversed().map { group in
                "\((100 * group.map(\.1).reduce(0, +) / Double(group.count)).text(0)) %"
            },
            columnAxis: Axis("one-way delay", unit: "ms"), columns: delays.map { ($0.delay * 1e3).plainText },
            value: Axis("speed-up"), values: values, colouring: .ratios
        ).svg
    }

    /// What `marginal` did along one text, at a delay where it drafts.
    static func alongText(_ sweep: Sweep, source: String) -> String? {
        guard let text = sweep.texts.last, let marginal = Contender(.marginal) else { return nil }
        var replay = Replay(
            marginal, costs: sweep.costs, distance: sweep.distance, endTokens: sweep.endTokens,
            keepsRounds: true)
        for other in sweep.texts.dropLast() { replay.run(other) }
        replay.resetTally()
        replay.run(text)
        let rounds = replay.rounds
        let steps = rounds.enumerated().map { index, round in
            let end = index + 1 < rounds.count ? rounds[index + 1].position : round.position + round.accepted + 1
            return StepChart.Step(
                from: Double(round.position), to: Double(end), whole: Double(round.sent), part: Double(round.accepted))
        }
        return StepChart(
            title: "Lookahead of marginal along a text (\(text.domain.isEmpty ? text.prompt : text.domain))",
            subtitle: "\(source); costs: \(sweep.costs.name); \((sweep.distance.delay * 1e3).plainText) ms one way",
            x: Axis("tokens committed"),
            panels: [
                .init(Axis("tokens of a block"), steps: steps, whole: "sent", part: "accepted")
            ]
        ).svg
    }
}
