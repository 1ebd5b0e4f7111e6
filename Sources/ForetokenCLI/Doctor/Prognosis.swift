import Speculation

/// What is predicted of a draft at a target, by the code that coordinators choose drafts by.
struct Prognosis: Sendable {
    let pair: Examination.Pair
    /// Tokens a second of a lone text, over those of the target alone; at least 1.
    let ratio: Double
    /// The longest round trip, and the longest time of a draft token, with which the draft pays; `nil`: with none.
    let breakEvenRoundTrip: Seconds?
    let breakEvenDraftToken: Seconds?
    /// What each change would come to, the best first; none that would bring nothing.
    let levers: [(lever: Lever, ratio: Double)]

    init(_ pair: Examination.Pair) {
        let ratio = pair.gain.ratio
        self.pair = pair
        self.ratio = ratio
        self.breakEvenRoundTrip = pair.gain.breakEvenRoundTrip
        self.breakEvenDraftToken = pair.gain.breakEvenDraftToken
        self.levers = Lever.allCases.map { ($0, $0.applied(to: pair.gain).ratio) }
            .filter { $0.1 >= ratio * Self.leastChange }.sorted { $0.1 > $1.1 }
    }

    /// Below this a change is not worth a word.
    private static let leastChange = 1.02
}
