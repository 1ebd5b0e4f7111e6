internal import Speculation

extension ChaosReport {
    /// For people: what was found first, then how long texts paused, then how to do it again.
    public var text: String {
        var parts = [self.verdict, self.summary]
        if !self.findings.isEmpty { parts.append(self.findingLines) }
        if self.resumptions == 0 {
            parts.append(
                "no text went on elsewhere: no fault has met a text that needed that; let more come, or ask for more")
        }
        if !self.recoveries.isEmpty { parts += [self.recoveryTable.text, self.histogramTable.text, self.notes] }
        if !self.trends.isEmpty { parts.append(self.trendTable.text) }
        parts.append(self.repetition)
        return parts.joined(separator: "\n\n")
    }

    private var verdict: String {
        let faults = self.faults.reduce(0) { $0 + $1.count }
        let begin = "\(Numeral.count(faults, "fault")), \(Numeral.count(self.requests, "request")): "
        let end =
            self.findings.isEmpty
            ? "no token lost, none doubled, no text changed, every request ended as it may"
            : Numeral.count(self.findings.count, "finding")
        return begin + end + (self.isComplete ? "" : " (ended early)")
    }

    private var summary: String {
        let kinds = FaultKind.allCases.compactMap { kind -> String? in
            let counts = self.faults.filter { $0.choice.kind == kind }.map { "\($0.count) \($0.choice.role.rawValue)" }
            return counts.isEmpty ? nil : "\(kind.rawValue) (\(counts.joined(separator: ", ")))"
        }
        let ended = self.endings.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" }
        let rows = [
            ("seed", "\(self.setting.seed)"), ("faults", kinds.joined(separator: ", ")),
            ("requests", "\(self.requests) in \(Numeral.short(self.seconds)) s"),
            ("  ended with", ended.joined(separator: ", ")), ("  whole and equal", "\(self.equalTexts)"),
            ("  went on elsewhere", "\(self.resumptions) times"), ("tokens", "\(self.tokens)"),
            ("  lost", "\(self.lostTokens)"), ("  doubled", "\(self.doubledTokens)"),
            ("texts changed", "\(self.changedTexts)"), ("findings", "\(self.findings.count)"),
        ]
        return rows.map { name, value in
            name + String(repeating: " ", count: 21 - name.count) + value
        }.joined(separator: "\n")
    }

    /// Findings that are told one by one; the file has all.
    private static let mostFindings = 20

    private var findingLines: String {
        var lines = self.findings.prefix(Self.mostFindings).map { finding in
            let fault = finding.fault.map { " after fault \($0) began" } ?? ""
            return "\(finding.kind.rawValue) at \(Numeral.text(finding.at, digits: 3)) s\(fault): \(finding.message)"
        }
        if self.findings.count > lines.count { lines.append("and \(self.findings.count - lines.count) more") }
        return lines.joined(separator: "\n")
    }

    private var recoveryTable: ReportTable {
        func milliseconds(_ value: Seconds?) -> String { value.map { Numeral.milliseconds($0) } ?? "-" }

        let control = self.recoveries.first { $0.choice.kind == .control }
        return ReportTable(
            title: "pauses (ms)",
            head: [
                "faults", "texts", "p50", "p99", "max", "worst p50", "p99", "max", "at begin p50", "p99", "aim", "met",
            ],
            rows: self.recoveries.map { recovery in
                let aim = RecoveryAim.of(recovery.choice)
                return .init(
                    recovery.choice.description,
                    [
                        "\(recovery.faults)", "\(recovery.texts)", milliseconds(recovery.pauses?.p50),
                        milliseconds(recovery.pauses?.p99), milliseconds(recovery.pauses?.max),
                        milliseconds(recovery.worstPauses?.p50), milliseconds(recovery.worstPauses?.p99),
                        milliseconds(recovery.worstPauses?.max),
                        milliseconds(recovery.firstGaps?.p50), milliseconds(recovery.firstGaps?.p99), aim?.text ?? "",
                        aim.flatMap { $0.isMet(by: recovery, control: control) }.map { $0 ? "yes" : "no" } ?? "",
                    ])
            })
    }

    private var histogramTable: ReportTable {
        let bounds = FaultRecovery.bounds
        return ReportTable(
            title: "worst pause of a fault",
            head: bounds.map { "≤ \(Numeral.plain($0)) s" } + ["> \(Numeral.plain(bounds.last!)) s"],
            rows: self.recoveries.map { .init($0.choice.description, $0.histogram.map { $0 == 0 ? "." : "\($0)" }) })
    }

    private var trendTable: ReportTable {
        func number(_ value: Double) -> String { Numeral.text(value, digits: 1) }
        func cells(_ line: ProcessTrend.Line) -> [String] {
            [number(line.first), number(line.last), number(line.most), number(line.perHour)]
        }

        return ReportTable(
            title: "held by a process",
            head: ["minutes", "MiB first", "last", "most", "an hour", "files first", "last", "most", "an hour"]
                + ["threads first", "last", "most", "an hour"],
            rows: self.trends.map { trend in
                .init(
                    trend.part.description,
                    [number(trend.seconds / 60)] + cells(trend.residentMiB) + cells(trend.files) + cells(trend.threads))
            })
    }

    private var notes: String {
        """
        pause: longest time without a token of a text, from when it was asked for, during a fault and half a second \
        behind it, less the ordinary \(Numeral.milliseconds(self.ordinaryGap)) ms between tokens
        worst: of the text that paused longest for each fault; at begin: longest time without a token in which a fault began
        control: the same, where nothing was done; what this machine does to texts by itself
        """
    }

    private var repetition: String {
        let setting = self.setting
        let network = setting.hasNamespaces ? "a network namespace for each part" : "all parts on the loopback"
        let clients =
            "\(Numeral.count(setting.clients, "client")) of the SDK and \(setting.httpClients) of HTTP, "
            + "\(Numeral.plain(setting.delayMs)) ms one way between drafts and targets"
        let processor = self.machine.processor.map { "\($0), " } ?? ""
        return
            ([
                "again: \(self.commandLine.joined(separator: " "))",
                "where: \(network), \(setting.hasKeys ? "CURVE" : "no encryption"); \(clients)",
                "machine: \(processor)\(Numeral.count(self.machine.cores, "core")), \(self.machine.system); \(self.date)",
            ] + setting.leftOut.map { "left out: \($0)" }).joined(separator: "\n")
    }
}
