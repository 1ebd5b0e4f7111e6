/// A job on its way: what is to be fed next, and what has been drafted so far.
///
/// A value without model and clock: the owner of the model feeds it what the run asks for, and tells what was chosen
/// behind it.
public struct DraftRun: Sendable {
    public let job: Mirror.Job
    public private(set) var drafted: [DraftedToken] = []

    /// Tokens fed: of the job's, then of the drafted ones.
    private var fed = 0
    /// Whether a token is to be drafted behind those that are.
    private var wantsMore = false

    /// - Parameter job: feeds at least one token.
    public init(_ job: Mirror.Job) {
        precondition(!job.feed.isEmpty, "a job feeds at least one token")
        self.job = job
        self.wantsMore = self.asksForMore
    }

    /// Whether the job's tokens are fed; the first draft token is chosen behind the last of them.
    public var isFed: Bool { self.fed >= self.job.feed.count }

    /// Whether there is nothing more to feed, and nothing to choose.
    public var isDone: Bool { self.isFed && !self.wantsMore }

    /// Rows that the run has for the next pass; of a run that drafts, one.
    public var rows: Int { self.isDone ? 0 : self.job.feed.count + self.drafted.count - self.fed }

    /// The tokens of the job that are not fed yet, and the position of the first.
    public var unfed: (position: Int, tokens: ArraySlice<Token>) {
        (self.job.position + min(self.fed, self.job.feed.count), self.job.feed.dropFirst(self.fed))
    }

    /// Tokens to feed in one pass.
    public struct Feed: Equatable, Sendable {
        /// Position of the first.
        public var position: Int
        public var tokens: ArraySlice<Token>
        /// Whether a token is to be chosen from the row of the last.
        public var isChosenBehind: Bool
    }

    /// Hands out the next tokens to feed.
    ///
    /// The last draft token is not fed: nothing is drafted behind it.
    ///
    /// - Parameter most: tokens at most, at least one.
    /// - Precondition: the run is not done, and has been told what was chosen behind its last feed.
    public mutating func nextFeed(atMost most: Int) -> Feed {
        precondition(self.rows > 0 && most > 0, "there is nothing to feed")
        let position = self.job.position + self.fed
        let tokens = self.isFed ? [self.drafted.last!.token] : self.job.feed.dropFirst(self.fed).prefix(most)
        self.fed += tokens.count
        return Feed(position: position, tokens: tokens, isChosenBehind: self.isFed && self.wantsMore)
    }

    /// Adds the token that was chosen behind the last feed.
    ///
    /// - Parameter isEnd: whether it ends the generation.
    public mutating func take(_ choice: Choice, isEnd: Bool) {
        self.drafted.append(DraftedToken(choice))
        self.wantsMore = !isEnd && self.asksForMore
    }

    private var asksForMore: Bool {
        guard self.drafted.count < self.job.most else { return false }
        return self.drafted.count < self.job.lead
            || self.job.lookahead.wantsMore(after: Array(self.drafted.dropFirst(self.job.lead)))
    }
}
