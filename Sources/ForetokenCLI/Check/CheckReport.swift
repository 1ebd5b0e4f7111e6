import CommandSupport
import Speculation

/// What a check has found, by rule.
struct CheckReport: Sendable {
    struct Row: Sendable {
        var rule: LookaheadRule
        var texts = 0
        var tokens = 0
        var draftTokens = 0
        var acceptedTokens = 0
        var nearTies = 0
        var bugs = 0

        var identical: Int { self.texts - self.nearTies - self.bugs }
    }

    private(set) var rows: [Row]
    private let texts: Int
    private var divergences: [JSON] = []

    init(rules: [LookaheadRule], texts: Int) {
        self.rows = rules.map { Row(rule: $0) }
        self.texts = texts
    }

    mutating func add(_ outcome: CheckText.Outcome, of text: CheckText) {
        guard let index = self.rows.firstIndex(where: { $0.rule == outcome.rule }) else { return }
        self.rows[index].texts += 1
        self.rows[index].tokens += outcome.tokens
        self.rows[index].draftTokens += outcome.draftTokens
        self.rows[index].acceptedTokens += outcome.acceptedTokens
        switch outcome.divergence?.isNearTie {
        case true?: self.rows[index].nearTies += 1
        case false?: self.rows[index].bugs += 1
        case nil: break
        }
        if let divergence = outcome.divergence { self.divergences.append(divergence.json(text, outcome.rule)) }
    }

    /// Whether every text was checked under every rule.
    var isComplete: Bool { self.rows.allSatisfy { $0.texts == self.texts } }

    var bugs: Int { self.rows.reduce(0) { $0 + $1.bugs } }
    var nearTies: Int { self.rows.reduce(0) { $0 + $1.nearTies } }

    /// Rules that should have drafted, and never did.
    var idleRules: [LookaheadRule] {
        self.rows.filter { $0.rule != .off && $0.texts > 0 && $0.draftTokens == 0 }.map(\.rule)
    }

    var table: String {
        let heads = ["texts", "tokens", "identical", "near-ties", "bugs", "drafted", "accepted"]
        let width = max(4, self.rows.map { $0.rule.description.count }.max() ?? 0)
        var lines = [(["rule".padded(width)] + heads.map { $0.padded(10, right: true) }).joined()]
        for row in self.rows {
            let accepted =
                row.draftTokens > 0 ? "\((Double(row.acceptedTokens) / Double(row.draftTokens) * 100).text(0)) %" : "-"
            let numbers = [row.texts, row.tokens, row.identical, row.nearTies, row.bugs, row.draftTokens]
            let cells = (numbers.map { "\($0)" } + [accepted]).map { $0.padded(10, right: true) }
            lines.append(([row.rule.description.padded(width)] + cells).joined())
        }
        let all = self.isComplete ? "every text" : "every text that was checked"
        let verdict =
            switch (self.bugs, self.nearTies) {
            case _ where self.rows.allSatisfy { $0.texts == 0 }: "no text was checked"
            case (0, 0): "\(all) is the target's own"
            case (0, let ties):
                "\(all) is the target's own, but for \(count(ties, "near-tie")), one in "
                    + "\(self.rows.reduce(0) { $0 + $1.tokens } / ties) tokens"
            case (let bugs, _): "\(count(bugs, "text")) differ\(bugs == 1 ? "s" : "") from the target's own"
            }
        return lines.joined(separator: "\n") + "\n" + verdict
    }

    var json: JSON {
        .object([
            "texts": .integer(self.texts),
            "is_complete": .bool(self.isComplete),
            "bugs": .integer(self.bugs),
            "near_ties": .integer(self.nearTies),
            "rules": .array(
                self.rows.map { row in
                    .object([
                        "rule": .string(row.rule.description), "texts": .integer(row.texts),
                        "tokens": .integer(row.tokens), "identical": .integer(row.identical),
                        "near_ties": .integer(row.nearTies), "bugs": .integer(row.bugs),
                        "draft_tokens": .integer(row.draftTokens), "accepted_tokens": .integer(row.acceptedTokens),
                    ])
                }),
            "divergences": .array(self.divergences),
        ])
    }
}
