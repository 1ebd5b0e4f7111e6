import CommandSupport
import Speculation

/// What follows from measurements.
extension Finding {
    /// Why a pair gains little or nothing: each change that would do alone, or the two that would do together.
    static func causes(_ prognosis: Prognosis) -> [Finding] {
        let single = prognosis.levers.filter { $0.ratio >= Diagnosis.goodRatio }
        if !single.isEmpty { return single.map { Self.cause($0.lever, ratio: $0.ratio, prognosis) } }
        var best: (levers: [Lever], ratio: Double) = ([], Diagnosis.goodRatio)
        for (index, one) in Lever.allCases.enumerated() {
            for other in Lever.allCases[(index + 1)...] {
                let ratio = other.applied(to: one.applied(to: prognosis.pair.gain)).ratio
                if ratio >= best.ratio { best = ([one, other], ratio) }
            }
        }
        let gain = prognosis.pair.gain
        return [
            Finding(
                code: .severalCauses,
                sentence: "No single change would make the draft \(prognosis.pair.draft) pay: a draft token takes "
                    + "\(Self.milliseconds(gain.draftToken)), a pass of the target "
                    + "\(Self.milliseconds(gain.passTime.seconds(rows: 1))), the round trip "
                    + "\(Self.milliseconds(gain.roundTrip)), and \((gain.acceptance * 100).text(0)) % is accepted.",
                remedy: best.levers.isEmpty
                    ? "do without a draft: the target loses nothing by that"
                    : best.levers.map { $0.text(gain) }.joined(separator: "; and "),
                ratio: best.levers.isEmpty ? nil : best.ratio)
        ]
    }

    /// Where a pair gains something, and would gain more than twice as much next to each other.
    static func distance(_ prognosis: Prognosis) -> [Finding] {
        prognosis.levers.filter { $0.lever == .nearer && $0.ratio - 1 > 2 * (prognosis.ratio - 1) }
            .map { Self.cause($0.lever, ratio: $0.ratio, prognosis) }
    }

    private static func cause(_ lever: Lever, ratio: Double, _ prognosis: Prognosis) -> Finding {
        let gain = prognosis.pair.gain
        let draft = prognosis.pair.draft
        let pass = gain.passTime.seconds(rows: 1)
        let sentence: String
        let code: Code
        switch lever {
        case .nearer:
            code = .tooFar
            let writes = (gain.roundTrip / pass).text(gain.roundTrip < 10 * pass ? 1 : 0)
            let even =
                prognosis.breakEvenRoundTrip.map { "it pays up to \(Self.milliseconds($0))" } ?? "it pays at none"
            sentence =
                "The draft \(draft) is \(Self.milliseconds(gain.roundTrip)) away, there and back, in which the "
                + "target alone writes \(writes) tokens; \(even)."
        case .fasterDraft:
            code = .draftTooSlow
            let even =
                prognosis.breakEvenDraftToken.map { "it pays up to \(Self.milliseconds($0))" }
                ?? "at this distance it pays with none"
            sentence =
                "The draft \(draft) is too slow: a token takes it \(Self.milliseconds(gain.draftToken)), "
                + "\((gain.draftToken / pass * 100).text(0)) % of a pass of the target "
                + "(\(Self.milliseconds(pass))); \(even)."
        case .betterDraft:
            code = .lowAcceptance
            sentence =
                "The target accepts only \((gain.acceptance * 100).text(0)) % of the tokens of the draft \(draft)."
        case .cheaperRows:
            code = .rowsTooDear
            let rows = (gain.passTime.seconds(rows: 8) / pass).text(1)
            sentence =
                "Rows are dear at the target \(prognosis.pair.target): a pass of 8 takes \(rows) times as long as "
                + "one of 1."
        }
        return Finding(code: code, sentence: sentence, remedy: lever.text(gain), ratio: ratio)
    }

    /// What makes the figures doubtful.
    static func doubts(_ examination: Examination, _ best: Prognosis?) -> [Finding] {
        var findings: [Finding] = []
        if examination.otherTexts > 0 {
            findings.append(
                Finding(
                    code: .otherTexts,
                    sentence: "\(count(examination.otherTexts, "text")) of others were written meanwhile: what was "
                        + "measured is a fleet at work, and what is predicted is a text alone.",
                    remedy: "measure again while nobody else is served"))
        }
        if let best, let ratio = examination.sample.ratio, let interval = examination.sample.interval,
            !interval.contains(best.ratio),
            !(1 / Self.mostDifference...Self.mostDifference).contains(best.ratio / ratio)
        {
            findings.append(
                Finding(
                    code: .otherThanPredicted,
                    sentence: "The sample was written \(ratio.text(2)) times as fast as by the target alone, and "
                        + "\(best.ratio.text(2)) was predicted.",
                    remedy: "go by the sample, and measure again with more --prompts of the kind that you serve; other "
                        + "work on these machines, and texts that vary much, do that"))
        }
        return findings
    }

    /// The prediction over the sample, or the other way round.
    private static let mostDifference = 1.15

    private static func milliseconds(_ seconds: Seconds) -> String { "\((seconds * 1000).shortText) ms" }
}
