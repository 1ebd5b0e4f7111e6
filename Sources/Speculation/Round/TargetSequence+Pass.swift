extension TargetSequence {
    public enum Standing: Sendable {
        case finished
        /// In a pass.
        case busy
        case open(Offer)
    }

    /// What a sequence has for the next pass.
    public enum Offer: Sendable {
        /// A prompt, or what else its slot lacks of more than a few committed tokens.
        case prefill(Prefill)
        /// Its last committed tokens, and draft tokens behind them: for each the probability that all up to it are
        /// accepted; 1 where none is known. Where it is priced, a pass may take less of them, by what they are worth.
        case ready(feed: Int, survivals: [Double], isPriced: Bool)
        /// Its last committed tokens, while the next block may be worth waiting for.
        ///
        /// - Parameter since: when the draft was told what that block is to stand on.
        case awaiting(feed: Int, Waiting, since: Seconds)

        /// Committed tokens that the slot lacks, at least one.
        public var feed: Int {
            switch self {
            case .prefill(let prefill): prefill.feed
            case .ready(let feed, _, _), .awaiting(let feed, _, _): feed
            }
        }
    }

    /// Committed tokens to compute before anything is chosen.
    public struct Prefill: Equatable, Sendable {
        /// Rows that the slot holds and can keep.
        public var position: Int
        /// Committed tokens that the slot lacks.
        public var feed: Int
        /// Tokens of the prompt.
        public var promptCount: Int
        /// When the sequence was opened.
        public var openedAt: Seconds

        public init(position: Int, feed: Int, promptCount: Int, openedAt: Seconds = 0) {
            self.position = position
            self.feed = feed
            self.promptCount = promptCount
            self.openedAt = openedAt
        }

        /// Time waited over tokens left: grows with every second, the faster the less there is to do.
        public func urgency(at now: Seconds) -> Double { max(0, now - self.openedAt) / Double(max(1, self.feed)) }
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
        /// When the block that the candidates come from was sent, and how long it lay here.
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

        /// The same pass, which waited for its thread: its block lay at the target meanwhile, and was not on its way.
        public func queued(for seconds: Seconds) -> Pass {
            var pass = self
            let waited = UInt64(self.waitedMicroseconds) + microseconds(seconds)
            pass.waitedMicroseconds = UInt32(clamping: waited)
            return pass
        }

        public var rowCount: Int { self.ownRows + self.padding }

        /// Rows without those that only make a pass wide enough: these are part of the price of the first.
        public var ownRows: Int { self.feed.count + self.candidates.count }

        /// Rows that feed more than the last committed token; all, where that is not among them.
        public var prefillRows: Int { self.chooses ? max(0, self.feed.count - 1) : self.feed.count }
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
