import CommandSupport
import Foundation
import Simulation
import Speculation

/// What a sweep of replays found.
struct SimulationReport {
    let cells: [Cell]
    /// The columns of the tables; what else was replayed is shown where it is the best.
    let rules: [String]

    /// As `--output` writes it; `deploy/bench/plots` and `deploy/bench/tables` read it.
    struct Written: Encodable {
        let kind = "simulation"
        let source: String
        let rules: [String]
        let cells: [Cell]
        /// Where the texts allow one.
        let acceptance: AcceptanceMap?
        let course: TextCourse?
    }

    /// - Parameters:
    ///   - sweeps: what was replayed.
    ///   - source: what was replayed, in words.
    /// - Throws: when a figure is not a number.
    func json(_ sweeps: [Sweep], source: String) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let written = Written(
            source: source, rules: self.rules, cells: self.cells,
            acceptance: AcceptanceMap(sweeps.filter { $0.costs.name == sweeps.last?.costs.name }),
            course: self.farthest(sweeps).flatMap(TextCourse.init))
        return String(decoding: try encoder.encode(written), as: UTF8.self) + "\n"
    }

    /// Where distance is felt, but drafting still pays.
    private func farthest(_ sweeps: [Sweep]) -> Sweep? {
        let drafting = self.cells.filter { $0.rule == "marginal" && $0.speedUp > 1.4 }.max {
            $0.delayMilliseconds < $1.delayMilliseconds
        }
        return sweeps.first { sweep in
            sweep.domain == drafting?.domain && sweep.costs.name == drafting?.costs
                && (sweep.distance.delay * 1e6).rounded() / 1e3 == drafting?.delayMilliseconds
        }
    }

    /// Cells of one place.
    private struct Place {
        var cells: [Cell]

        func speedUp(_ rule: String) -> Double? { self.cells.first { $0.rule == rule }?.speedUp }
        var marginal: Double { self.speedUp("marginal") ?? .nan }
        /// The best of the rules that have a value.
        var best: Cell? {
            self.cells.filter { !$0.rule.hasSuffix($0.family) }.max { $0.speedUp < $1.speedUp }
        }
        var bestFixed: Cell? {
            self.cells.filter { $0.family == "fixed" }.max { $0.speedUp < $1.speedUp }
        }
    }

    private var places: [Place] {
        var order: [[String]] = []
        var places: [[String]: Place] = [:]
        for cell in self.cells {
            let key = [cell.costs, cell.domain, "\(cell.delayMilliseconds)"]
            if places[key] == nil { order.append(key) }
            places[key, default: Place(cells: [])].cells.append(cell)
        }
        return order.map { places[$0]! }
    }

    var text: String {
        var lines: [String] = []
        var block = ""
        for place in self.places {
            let cell = place.cells[0]
            let name = "\(cell.costs), \(cell.domain.isEmpty ? "all texts" : cell.domain)"
            if name != block {
                block = name
                lines += ["", "\(name): \(cell.tokens) tokens, speed-up over the target alone"]
                lines.append(
                    "delay ms".padded(9) + self.rules.map { $0.padded(max(10, $0.count + 2), right: true) }.joined()
                        + "  best with a value")
            }
            let numbers = self.rules.map { rule in
                (place.speedUp(rule)?.text(3) ?? "-").padded(max(10, rule.count + 2), right: true)
            }
            let best = place.best.map { "  \($0.speedUp.text(3)) \($0.rule)" } ?? ""
            lines.append(cell.delayMilliseconds.text(0).padded(9) + numbers.joined() + best)
        }
        return (lines + [""] + self.summary).joined(separator: "\n") + "\n"
    }

    /// How `marginal` compares, over all cells.
    private var summary: [String] {
        let places = self.places.filter { $0.marginal.isFinite }
        func line(_ name: String, _ other: (Place) -> Double?) -> String? {
            let ratios = places.compactMap { place in other(place).map { place.marginal / $0 } }
            guard !ratios.isEmpty else { return nil }
            let mean = exp(ratios.map { log($0) }.reduce(0, +) / Double(ratios.count))
            return "marginal over \(name): geometric mean \(mean.text(3)), least \(ratios.min()!.text(3)), "
                + "\(ratios.count { $0 >= 0.99 }) of \(ratios.count) cells at least 0.99"
        }
        return [
            line("the best rule with a value of each cell") { $0.best?.speedUp },
            line("the best fixed of each cell") { $0.bestFixed?.speedUp },
            line("sync:confidence:0.4,20") { $0.speedUp("sync:confidence:0.4,20") },
            line("sync:marginal") { $0.speedUp("sync:marginal") },
            line("the target alone") { _ in 1 },
            line("the oracle") { $0.speedUp("oracle") },
        ].compactMap { $0 }
    }
}
