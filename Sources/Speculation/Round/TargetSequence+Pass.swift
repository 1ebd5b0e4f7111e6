extension TargetSequence {
    public enum Standing: Sendable {
        case finished
        /// In a pass.
        case busy
        case open(Offer)
    }

    /// What a sequence has for the next pass.
    public struct Offer: Sendable {
        /// Rows that its slot holds and can keep.
        public var position = 0
        /// Committed tokens that the slot lacks, at least one. More than a few are a prefill.
        public var feed = 1
        public var isPrefill = false
        /// Tokens of the prompt.
        public var promptCount = 0
        /// Draft tokens behind them: for each the probability that all up to it are accepted; 1 where none is known.
        public var survivals: [Double] = []
        /// Whether a pass may take less of the draft tokens than there are, by what they are worth.
        public var isPriced = false
        /// Without draft tokens: what is known of the next block, where one may be waited for.
        public var waiting: Waiting?
        /// When the draft was told what that block is to stand on.
        public var since: Seconds = 0

        public init() {}
    }

    /// What one sequence brings into a pass.
    public struct Pass: Equatable, Sendable {
        /// Position of the first row; what the slot holds behind it is to be rolled back.
        public var position: Int
        /// Committed tokens that the slot lacks.
        public var feed: [Token]
        /// Draft tokens behind them.
        public var candidates: ArraySlice<Token>
        /// The draft's prediction for each of them, or none.
        public var acceptances: ArraySlice<Float> = []
        /// Whether the last of `feed` is the last committed token, so that tokens are chosen.
        public var chooses: Bool
        /// Of the block that the candidates come from.
        public var sentMicroseconds: UInt64 = 0
        public var waitedMicroseconds: UInt32 = 0
        /// Whether that block begins with them.
        public var isFresh = false

        public init(position: Int, feed: [Token], candidates: ArraySlice<Token>, chooses: Bool = true) {
            self.position = position
            self.feed = feed
            self.candidates = candidates
            self.chooses = chooses
        }

        /// Whether all rows are of the prompt.
        public var isPrompt = false
        /// Rows behind all others that only make a pass wide enough. Nothing is chosen on them.
        public var padding = 0

        public var rowCount: Int { self.ownRows + self.padding }

        /// Rows without those that only make a pass wide enough: these are part of the price of the first.
        public var ownRows: Int { self.feed.count + self.candidates.count }

        /// Rows that feed more than the last committed token.
        public var prefillRows: Int { max(0, self.feed.count - 1) }
    }

    /// What a pass has changed.
    public struct Settlement: Sendable {
        /// Index in the answer of the first piece.
        public var index: Int
        public var pieces: [Piece]
        /// For the draft, where there is one and the sequence goes on.
        public var verdict: Verdict?
        public var finish: FinishReason?
    }
}
