internal import Speculation

extension LoadTestReport {
    /// What was asked for, in a line.
    public var headline: String {
        var parts: [String] = []
        if let clients = self.plan.clients { parts.append("\(Numeral.count(clients, "client")) in a closed loop") }
        if let rate = self.plan.rate { parts.append("\(Numeral.plain(rate)) requests/s in an open loop") }
        if let requests = self.plan.requests { parts.append(Numeral.count(requests, "request")) }
        if let duration = self.plan.duration { parts.append("\(Numeral.plain(duration)) s") }
        if self.plan.warmUp > 0 { parts.append("after \(Numeral.plain(self.plan.warmUp)) s of warm-up") }
        parts.append("\(self.plan.maxTokens) tokens at most")
        parts.append("temperature \(Numeral.plain(Double(self.plan.temperature)))")
        if let lookahead = self.plan.lookahead { parts.append("lookahead \(lookahead)") }
        return self.server + (self.model.map { ", model \($0)" } ?? "") + ": " + parts.joined(separator: ", ")
    }

    public var tables: [ReportTable] {
        var tables = [self.rates, self.latencies]
        if self.arms.contains(where: { !$0.errors.isEmpty }) { tables.append(self.errorTable) }
        return tables
    }

    /// What the numbers mean, and what to know before they are believed.
    public var notes: [String] {
        var notes: [String] = []
        if let cause { notes.append("ended early: \(cause); this is what was measured until then") }
        if self.arms.allSatisfy({ $0.completed == 0 }) {
            notes.append(
                "no request that counts has completed"
                    + (self.arms.allSatisfy { $0.requests == 0 }
                        ? "; ask for a longer --duration or a shorter --warm-up" : ""))
        }
        notes.append(
            "first token and end to end: from the scheduled beginning of a request; per token: from the first token to "
                + "the last, by the tokens behind the first; inter-token: between arrivals one after the other"
                + self.arrivalNote)
        let unended = self.arms.reduce(0) { $0 + $1.cutOff + $1.timedOut }
        if unended > 0 {
            notes.append(
                "\(Numeral.count(unended, "request")) timed out (after \(Numeral.plain(self.plan.timeout)) s) or cut off "
                    + "(\(Numeral.plain(self.plan.drain)) s after the end): counted with the time until then, so the true "
                    + "times are longer")
        }
        if self.arms.contains(where: \.tokensAreEstimated) {
            notes.append("the server does not tell its tokens: each arrival was taken for one")
        }
        if let late = self.arms.compactMap(\.lateness?.p99).max(), late > 0.01 {
            notes.append(
                "requests left up to \(Numeral.milliseconds(late)) ms (p99) behind their schedule: this machine is busy, "
                    + "or too many requests were in flight")
        }
        if let compared = self.comparedTexts, let different = self.differentTexts {
            notes.append(
                "speed-up: rates by those of off, times of off by these, so that above 1 is better; "
                    + "\(compared - different) of \(Numeral.count(compared, "text")) are the same in both"
                    + (different > 0 ? "; foretoken check tells near-ties from bugs" : ""))
            notes.append(
                "the arms take turns with the same prompts, each as often first as the other; a server that remembers "
                    + "prompts begins sooner with those of the second")
        }
        return notes
    }

    /// The notes as a terminal shows them, in lines of `columns` columns.
    public func noteLines(columns: Int) -> String {
        self.notes.map { note in
            var lines = ["-"]
            for word in note.split(separator: " ") {
                if lines[lines.count - 1].count + 1 + word.count > columns { lines.append(" ") }
                lines[lines.count - 1] += " " + word
            }
            return lines.joined(separator: "\n")
        }.joined(separator: "\n")
    }

    private var arrivalNote: String {
        guard let most = self.arms.compactMap(\.tokensPerArrival).max(), most > 1.005 else { return "" }
        let means = self.arms.compactMap(\.tokensPerArrival).map { Numeral.text($0, digits: 2) }
        return ", of \(means.joined(separator: " and ")) tokens on average, each counted once"
    }

    private var rates: ReportTable {
        var rows: [ReportTable.Row] = []
        func add(
            _ name: String, _ text: (LoadFigures) -> String?, ratio: @escaping (LoadFigures) -> Double? = { _ in nil }
        ) {
            guard self.arms.contains(where: { text($0) != nil }) else { return }
            rows.append(.init(name, self.arms.map { text($0) ?? "-" } + self.speedUp(ratio)))
        }
        func add(_ name: String, rate: @escaping (LoadFigures) -> Double) {
            add(name, { Numeral.short(rate($0)) }, ratio: rate)
        }
        func add(_ name: String, count: (LoadFigures) -> Int, always: Bool = false) {
            add(name, { always || count($0) > 0 ? "\(count($0))" : nil })
        }

        add("tokens/s", rate: \.tokensPerSecond)
        add("requests/s", rate: \.requestsPerSecond)
        if self.limits != nil {
            add("goodput, requests/s", rate: \.goodput)
            add("within \(self.limits!.description)", { Numeral.percent($0.goodShare) })
        }
        add("requests", count: \.requests, always: true)
        add("  completed", count: \.completed, always: true)
        add("    without a token", count: \.empty)
        add("  failed", count: \.failed)
        add("  timed out", count: \.timedOut)
        add("  cut off at the end", count: \.cutOff)
        add("  before, as warm-up", count: \.warmUpRequests)
        add("counted seconds", { Numeral.text($0.seconds, digits: 2) })
        add("acceptance rate", { $0.speculation?.acceptanceRate.map(Numeral.percent) })
        add("acceptance length", { $0.speculation?.acceptanceLength.map { Numeral.text($0, digits: 2) } })
        add("mean lookahead", { $0.speculation?.meanLookahead.map { Numeral.text($0, digits: 2) } })
        return ReportTable(title: "", head: self.plan.isComparison ? self.armNames + ["speed-up"] : [""], rows: rows)
    }

    private var latencies: ReportTable {
        let kinds: [(name: String, latencies: (LoadFigures) -> Latencies?)] = [
            ("first token", \.timeToFirstToken), ("per token", \.timePerToken), ("inter-token", \.interToken),
            ("end to end", \.endToEnd),
        ]
        var rows: [ReportTable.Row] = []
        for (name, latencies) in kinds {
            for arm in self.arms {
                let name = self.plan.isComparison ? "\(name), \(arm.arm.rawValue)" : name
                rows.append(.init(name, latencies(arm)?.values.map(Numeral.milliseconds) ?? []))
            }
            guard self.plan.isComparison, self.arms.count == 2, let asked = latencies(self.arms[0]),
                let off = latencies(self.arms[1])
            else { continue }
            rows.append(.init("  speed-up", zip(asked.values, off.values).map { Self.ratio($1, $0) }))
        }
        return ReportTable(title: "times in ms", head: ["mean", "p50", "p90", "p95", "p99", "max"], rows: rows)
    }

    private var errorTable: ReportTable {
        var kinds: [String] = []
        for error in self.arms.flatMap(\.errors) where !kinds.contains(error.kind) { kinds.append(error.kind) }
        return ReportTable(
            title: "errors", head: self.plan.isComparison ? self.armNames : ["requests"],
            rows: kinds.map { kind in
                .init(kind, self.arms.map { "\($0.errors.first { $0.kind == kind }?.count ?? 0)" })
            })
    }

    private var armNames: [String] { self.arms.map(\.arm.rawValue) }

    private func speedUp(_ value: (LoadFigures) -> Double?) -> [String] {
        guard self.plan.isComparison, self.arms.count == 2 else { return [] }
        guard let asked = value(self.arms[0]), let off = value(self.arms[1]) else { return [""] }
        return [Self.ratio(asked, off)]
    }

    private static func ratio(_ part: Double, _ whole: Double) -> String {
        whole > 0 ? Numeral.text(part / whole, digits: 2) : "-"
    }
}

extension Latencies {
    /// In the order of the table's columns.
    fileprivate var values: [Seconds] { [self.mean, self.p50, self.p90, self.p95, self.p99, self.max] }
}

extension ServiceLevels: CustomStringConvertible {
    public var description: String {
        [
            ("ttft", self.timeToFirstToken), ("tpot", self.timePerToken), ("itl", self.interToken),
            ("e2e", self.endToEnd),
        ].compactMap { name, limit in limit.map { "\(name)=\(Numeral.plain(($0 * 1e6).rounded() / 1000))ms" } }
            .joined(separator: ",")
    }
}
