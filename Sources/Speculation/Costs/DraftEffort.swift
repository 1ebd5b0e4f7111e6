/// What a draft does for its texts, for each token of them.
struct DraftEffort: Equatable, Sendable {
    private var feeding: Seconds = 0
    private var drafted = 0.0
    private var committed = 0.0

    /// Tokens of texts that count.
    private static let memory = 2048.0

    /// - Parameters:
    ///   - drafted: draft tokens, whether they were sent or not.
    ///   - feeding: time of feeding many committed tokens, such as prompts.
    mutating func learn(drafted: Int, feeding: Seconds) {
        self.drafted += Double(max(0, drafted))
        if feeding.isFinite, feeding > 0 { self.feeding += feeding }
    }

    mutating func learn(committed: Int) {
        guard committed > 0 else { return }
        let keep = max(0, 1 - Double(committed) / Self.memory)
        self.feeding *= keep
        self.drafted *= keep
        self.committed = self.committed * keep + Double(committed)
    }

    /// Time of feeding for each token; 0 before the first.
    var feedingPerToken: Seconds { self.committed > 0 ? self.feeding / self.committed : 0 }

    /// Draft tokens for each token; 0 before the first.
    var draftedPerToken: Double { self.committed > 0 ? self.drafted / self.committed : 0 }
}
