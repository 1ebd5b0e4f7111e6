import CommandSupport
import Foretoken
import Speculation

/// Whether drafting pays, and why not: measurements in, findings out.
struct Diagnosis: Sendable {
    enum Verdict: String, Sendable {
        case pays
        case hardlyPays = "hardly-pays"
        case doesNotPay = "does-not-pay"
        /// No draft can work for any target.
        case cannotDraft = "cannot-draft"
        /// A draft could, but nothing was seen of it.
        case notMeasured = "not-measured"
    }

    let examination: Examination
    let verdict: Verdict
    /// For each pair that was measured, the best first.
    let prognoses: [Prognosis]
    /// What weighs most first.
    let findings: [Finding]

    /// What a prediction has to reach to be called a gain without reserve.
    static let goodRatio = 1.05

    init(_ examination: Examination) {
        self.examination = examination
        self.prognoses = examination.pairs.map(Prognosis.init).sorted { $0.ratio > $1.ratio }
        let obstacles = Finding.obstacles(examination)
        let best = self.prognoses.first
        self.verdict =
            switch best?.ratio {
            case let ratio? where ratio >= Self.goodRatio: .pays
            case let ratio? where ratio >= ExpectedGain.leastRatio: .hardlyPays
            case .some: .doesNotPay
            case nil: obstacles.isEmpty ? .notMeasured : .cannotDraft
            }
        let causes = best.map { $0.ratio < Self.goodRatio ? Finding.causes($0) : Finding.distance($0) } ?? []
        self.findings =
            obstacles + Finding.threads(examination) + causes + Finding.advice(examination)
            + Finding.doubts(examination, best)
    }

    var best: Prognosis? { self.prognoses.first }

    /// The first thing to read.
    var sentence: String {
        switch self.verdict {
        case .pays: "Drafting pays here: \(self.figures)"
        case .hardlyPays: "Drafting hardly pays here: \(self.figures)"
        case .doesNotPay: "Drafting does not pay here: \(self.figures)"
        case .cannotDraft: "Nothing can be drafted here: the target writes alone."
        case .notMeasured: "Nothing was drafted, though a draft is there, so nothing can be predicted: try again."
        }
    }

    /// Such as `predicted 1.58 times as fast as the target alone, 1.62 (1.50-1.74) on the sample. Break-even at a round
    /// trip of 38 ms.`
    private var figures: String {
        guard let best else { return "" }
        let sample = self.examination.sample
        var text = "predicted \(best.ratio.text(2)) times as fast as the target alone"
        if let ratio = sample.ratio {
            let interval = sample.interval.map { " (\($0.lowerBound.text(2))-\($0.upperBound.text(2)))" } ?? ""
            text += ", \(ratio.text(2))\(interval) on the sample"
        }
        if let even = best.breakEvenRoundTrip {
            text += ". Break-even at a round trip of \((even * 1000).shortText) ms"
        } else {
            text += ". It would pay at no distance"
        }
        return text + "."
    }
}
