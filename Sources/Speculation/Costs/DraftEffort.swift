/// What a draft does for whole texts, for each token of them: a prompt is fed at once, and paid for by all of its text.
struct DraftEffort: Equatable, Sendable {
    private var feeding: Seconds = 0
    private var drafted = 0.0
    private var committed = 0.0
    private(set) var texts = 0

    /// Weight of a text one text later.
    private static let memory = 15.0 / 16

    /// Learns from a text that is over.
    ///
    /// - Parameters:
    ///   - drafted: draft tokens, whether they were sent or not.
    ///   - feeding: time of feeding many committed tokens, such as the prompt.
    ///   - committed: tokens of the text since the draft has had it.
    mutating func learn(drafted: Int, feeding: Seconds, committed: Int) {
        guard feeding.isFinite, feeding >= 0, drafted >= 0, committed >= 0 else { return }
        self.feeding = self.feeding * Self.memory + feeding
        self.drafted = self.drafted * Self.memory + Double(drafted)
        self.committed = self.committed * Self.memory + Double(committed)
        self.texts += 1
    }

    /// Time of feeding for each token.
    var feedingPerToken: Seconds { self.feeding / max(1, self.committed) }

    /// Draft tokens for each token.
    var draftedPerToken: Double { self.drafted / max(1, self.committed) }
}
