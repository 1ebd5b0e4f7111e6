import CommandSupport
import Foundation
import Measurement
import Simulation

/// What came of a fleet under each load and rule.
struct FleetReport {
    let results: [FleetResult]
    /// Real time that each of them took.
    let took: [Double]
    let plan: FleetPlan
    /// What was written.
    let source: String

    /// As `--output` writes it; `deploy/bench/plots` reads it.
    struct Written: Encodable {
        let kind = "fleet"
        let title: String
        let results: [FleetResult]
    }

    /// - Throws: when a figure is not a number.
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(Written(title: self.title, results: self.results)), as: UTF8.self)
            + "\n"
    }

    /// The fleet in a line.
    var title: String {
        let delays = self.plan.drafts.map { $0.distance.delay * 1e3 }.uniqued().map(\.plainText)
        let place =
            self.plan.sharesCores ? " in turn on the same cores" : ", \(delays.joined(separator: ", ")) ms away"
        let away = delays.isEmpty ? "" : place
        let costs = self.plan.targets.map(\.costs.name).uniqued().joined(separator: ", ")
        return "\(count(self.plan.targets.count, "target")) of \(count(self.plan.targets[0].slots, "slot")), "
            + "\(count(self.plan.drafts.count, "draft"))\(away); \(count(self.plan.requests, "request")), "
            + "\(self.source); costs: \(costs)"
    }

    var text: String {
        var lines = [self.title]
        for load in self.results.map(\.load).uniqued() {
            lines += ["", load, self.line("rule", Self.columns.map(\.name))]
            for (result, took) in zip(self.results, self.took) where result.load == load {
                lines.append(self.line(result.rule, Self.columns.map { $0.text(result, took) }))
            }
        }
        lines += ["", Self.legend]
        for result in self.results where result.targetsLost + result.draftsLost > 0 {
            lines.append(
                "\(result.rule), \(result.load): \(count(result.targetsLost, "target")) and "
                    + "\(count(result.draftsLost, "draft")) failed, \(count(result.reopened, "text")) went on elsewhere"
            )
        }
        for result in self.results where result.isBroken {
            lines.append(
                "\(result.rule), \(result.load): NOT WHOLE, \(count(result.unfinished, "text")) unfinished, "
                    + "\(count(result.mismatches, "token")) wrong")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static let legend = """
        tok/s/target: of each target on average; TPOT: from one token to the next, in ms; clients: mean TPOT of the
        slowest client over that of the fastest; TTFT and queue: to the first token, and to a slot, in s; draft busy:
        part of its time; used: accepted of all that it drafted; took: seconds of this machine
        """

    private func line(_ name: String, _ cells: [String]) -> String {
        let width = 2 + max(4, self.results.map { $0.rule.count }.max() ?? 0)
        return name.padded(width)
            + zip(cells, Self.columns).map { $0.padded($1.name.count + 3, right: true) }.joined()
    }

    private struct Column: Sendable {
        let name: String
        let text: @Sendable (FleetResult, _ took: Double) -> String

        init(_ name: String, _ text: @escaping @Sendable (FleetResult, _ took: Double) -> String) {
            self.name = name
            self.text = text
        }
    }

    private static let columns: [Column] = [
        Column("tok/s/target") { result, _ in (result.tokensPerSecond / Double(result.targets.count)).text(1) },
        Column("rows/pass") { result, _ in mean(result.targets.map(\.rowsPerPass)).text(1) },
        Column("passes/s") { result, _ in mean(result.targets.map(\.passesPerSecond)).text(1) },
        Column("TPOT p50") { result, _ in milliseconds(result.timePerToken?.p50) },
        Column(" p95") { result, _ in milliseconds(result.timePerToken?.p95) },
        Column(" p99") { result, _ in milliseconds(result.timePerToken?.p99) },
        Column("clients") { result, _ in result.timePerTokenOfClients?.spread.text(2) ?? "-" },
        Column("TTFT p50") { result, _ in result.timeToFirstToken?.p50.text(2) ?? "-" },
        Column(" p95") { result, _ in result.timeToFirstToken?.p95.text(2) ?? "-" },
        Column("queue p95") { result, _ in result.queueing?.p95.text(2) ?? "-" },
        Column("accepted") { result, _ in percent(result.acceptance, of: result.lookahead) },
        Column("lookahead") { result, _ in result.lookahead.text(1) },
        Column("draft busy") { result, _ in percent(mean(result.drafts.map(\.busy)), of: result.lookahead) },
        Column("used") { result, _ in percent(result.draftUse, of: result.lookahead) },
        Column("took") { _, took in took.text(1) },
    ]
}

private func mean(_ values: [Double]) -> Double {
    values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
}

private func milliseconds(_ seconds: Double?) -> String { seconds.map { ($0 * 1e3).text(1) } ?? "-" }

private func percent(_ part: Double, of something: Double) -> String {
    something > 0 ? (part * 100).text(0) + " %" : "-"
}

extension FleetResult {
    /// In words.
    var load: String {
        self.clients.map { count($0, "client") } ?? "\(self.requestsPerSecond?.plainText ?? "") requests a second"
    }

    var isBroken: Bool { self.unfinished > 0 || self.mismatches > 0 }

    /// Accepted of drafted tokens, of all drafts.
    var draftUse: Double {
        let tokens = self.drafts.reduce(0) { $0 + $1.tokensPerSecond }
        return tokens > 0 ? self.drafts.reduce(0) { $0 + $1.used * $1.tokensPerSecond } / tokens : 0
    }
}
