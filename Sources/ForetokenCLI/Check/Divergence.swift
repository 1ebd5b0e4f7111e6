import CommandSupport
import Foretoken
import Speculation

/// The first place where a text differs from the target's own.
struct Divergence: Sendable {
    struct Run: Sendable {
        var pieces: [Generation.Piece]
        var finishReason: Generation.FinishReason?
    }

    /// Index in the answer.
    let position: Int
    /// The target's own; `nil` where that text has ended.
    let reference: Generation.Piece?
    /// Under the rule; `nil` where that text has ended.
    let piece: Generation.Piece?
    /// Whether rounding explains it: what both runs' choices won by is together less than passes of this target were
    /// measured to differ by.
    ///
    /// The two runs hold the same text up to there, so a choice differs only where the difference of two scores changed
    /// by at least that sum. Where the one run's choice is not the other's runner-up, it changed by more.
    let isNearTie: Bool

    /// - Parameters:
    ///   - tolerance: by which the difference of two logits changes at most.
    ///   - temperature: by which logits are divided to make scores; 0: they are the scores.
    /// - Returns: `nil` where the texts are identical.
    init?(reference: Run, run: Run, tolerance: Float, temperature: Float) {
        let common = zip(reference.pieces, run.pieces).prefix { $0.token == $1.token }.count
        self.position = common
        self.reference = common < reference.pieces.count ? reference.pieces[common] : nil
        self.piece = common < run.pieces.count ? run.pieces[common] : nil
        if self.reference == nil && self.piece == nil && reference.finishReason == run.finishReason { return nil }
        self.isNearTie = Self.isNearTie(
            self.reference, self.piece, tolerance: temperature > 0 ? tolerance / temperature : tolerance)
    }

    private static func isNearTie(_ one: Generation.Piece?, _ other: Generation.Piece?, tolerance: Float) -> Bool {
        guard let one, let other, let first = one.scores, let second = other.scores else { return false }
        return one.token != other.token && first.gap + second.gap < tolerance
    }

    /// For people; two lines.
    func text(_ text: CheckText, _ rule: LookaheadRule) -> String {
        let kind = self.isNearTie ? "near-tie" : "BUG"
        let domain = text.prompt.domain.isEmpty ? "" : " (\(text.prompt.domain))"
        return """
            \(kind): \(text.prompt.place)\(domain), \(text.sampling), rule \(rule), token \(self.position)
              alone \(self.describe(self.reference)); under the rule \(self.describe(self.piece))
            """
    }

    private func describe(_ piece: Generation.Piece?) -> String {
        guard let piece else { return "the text has ended" }
        guard let scores = piece.scores else { return "\(piece.token)" }
        return "\(piece.token) \(JSON.string(piece.text).text) scores \(scores.chosen), "
            + "next \(scores.runnerUp) scores \(scores.runnerUpScore), gap \(scores.gap)"
    }

    func json(_ text: CheckText, _ rule: LookaheadRule) -> JSON {
        .object([
            "kind": .string(self.isNearTie ? "near_tie" : "bug"),
            "prompt": .string(text.prompt.place),
            "domain": .string(text.prompt.domain),
            "temperature": .number(Double(text.options.temperature), digits: 4),
            "seed": .integer(Int(clamping: text.options.seed)),
            "rule": .string(rule.description),
            "position": .integer(self.position),
            "alone": self.json(self.reference),
            "under_rule": self.json(self.piece),
        ])
    }

    private func json(_ piece: Generation.Piece?) -> JSON {
        guard let piece else { return .null }
        return .object([
            "token": .integer(Int(piece.token)),
            "score": piece.scores.map { .number(Double($0.chosen)) } ?? .null,
            "runner_up": piece.scores.map { .integer(Int($0.runnerUp)) } ?? .null,
            "runner_up_score": piece.scores.map { .number(Double($0.runnerUpScore)) } ?? .null,
            "gap": piece.scores.map { .number(Double($0.gap)) } ?? .null,
        ])
    }
}

extension Generation.Scores {
    /// How much better the best was than the next.
    var gap: Float { self.chosen - self.runnerUpScore }
}
