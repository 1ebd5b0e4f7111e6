/// How far a draft's model is with an order: what is to be fed next, and what has been drafted so far.
///
/// A value without model and clock: the owner of the model feeds it what the order asks for, and tells what was chosen
/// behind it.
public struct DraftProgress: Sendable {
    public let order: DraftOrder
    public private(set) var drafted: [DraftedToken] = []

    /// Tokens fed: of the order's, then of the drafted ones.
    private var fed = 0
    /// Whether a token is to be drafted behind those that are.
    private var wantsMore = false
    /// Time of the passes that its tokens took; of those that feed many committed tokens it is not counted.
    private var seconds: Seconds = 0
    /// The same with each pass shared out among its orders.
    private var sharedSeconds: Seconds = 0
    private var isTimed: Bool
    /// The orders' shares of the time of the passes that are not counted.
    private var feedingSeconds: Seconds = 0
    private var lookup: PromptLookup

    /// - Parameter order: feeds at least one token.
    public init(_ order: DraftOrder) {
        precondition(!order.feed.isEmpty, "an order feeds at least one token")
        self.order = order
        self.isTimed = !order.isPrefill
        self.lookup = order.lookup
        self.wantsMore = self.asksForMore
    }

    /// Whether the order's tokens are fed; the first draft token is chosen behind the last of them.
    public var isFed: Bool { self.fed >= self.order.feed.count }

    /// Whether there is nothing more to feed, and nothing to choose.
    public var isDone: Bool { self.isFed && !self.wantsMore }

    /// Position of the token that is drafted next.
    public var nextPosition: Int { self.order.base + self.drafted.count }

    /// Rows that it has for the next pass; once it drafts, one.
    public var rows: Int { self.isDone ? 0 : self.order.feed.count + self.drafted.count - self.fed }

    /// The tokens of the order that are not fed yet, and the position of the first.
    public var unfed: (position: Int, tokens: ArraySlice<Token>) {
        (self.order.position + min(self.fed, self.order.feed.count), self.order.feed.dropFirst(self.fed))
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
    /// - Parameter most: most tokens, at least one.
    /// - Precondition: it is not done, and has been told what was chosen behind its last feed.
    public mutating func nextFeed(atMost most: Int) -> Feed {
        precondition(self.rows > 0 && most > 0, "there is nothing to feed")
        let position = self.order.position + self.fed
        let tokens = self.isFed ? [self.drafted.last!.token] : self.order.feed.dropFirst(self.fed).prefix(most)
        self.fed += tokens.count
        return Feed(position: position, tokens: tokens, isChosenBehind: self.isFed && self.wantsMore)
    }

    /// Adds the token that was chosen behind the last feed.
    ///
    /// - Parameter isEnd: whether it ends the generation.
    public mutating func take(_ token: DraftedToken, isEnd: Bool) {
        var token = token
        token.recurrence = self.lookup.follow(token.token)
        self.drafted.append(token)
        self.wantsMore = !isEnd && self.asksForMore
    }

    /// Chooses nothing behind the last feed, and drafts no more.
    public mutating func stop() { self.wantsMore = false }

    /// A pass with its rows, and with those of so many orders in all, has ended.
    mutating func passed(seconds: Seconds, orders: Int) {
        if self.isTimed {
            self.seconds += seconds
            self.sharedSeconds += seconds / Seconds(orders)
        } else {
            self.feedingSeconds += seconds / Seconds(orders)
        }
        if self.isFed { self.isTimed = true }
    }

    /// What has come of it so far.
    var outcome: DraftOutcome {
        DraftOutcome(
            tokens: self.drafted, seconds: self.seconds, sharedSeconds: self.sharedSeconds,
            timedTokens: max(0, self.drafted.count - (self.order.isPrefill ? 1 : 0)),
            feedingSeconds: self.feedingSeconds)
    }

    private var asksForMore: Bool {
        guard self.drafted.count < self.order.most else { return false }
        guard self.drafted.count >= self.order.lead else { return true }
        let asked = self.order.lead > 0 ? Array(self.drafted.dropFirst(self.order.lead)) : self.drafted
        return self.order.lookahead.wantsMore(after: asked)
    }
}

/// What came of an order.
public struct DraftOutcome: Sendable {
    public var tokens: [DraftedToken]
    /// The time of drafting; that of feeding many committed tokens before is not in it.
    public var seconds: Seconds
    /// The same with every step shared out among its orders.
    public var sharedSeconds: Seconds
    /// Tokens whose computing took these seconds.
    public var timedTokens: Int
    /// The time of feeding many committed tokens, with every step shared out among its orders.
    public var feedingSeconds: Seconds

    /// - Parameter sharedSeconds: `nil`: no step was for others too.
    public init(
        tokens: [DraftedToken] = [], seconds: Seconds = 0, sharedSeconds: Seconds? = nil, timedTokens: Int = 0,
        feedingSeconds: Seconds = 0
    ) {
        self.tokens = tokens
        self.seconds = seconds
        self.sharedSeconds = sharedSeconds ?? seconds
        self.timedTokens = timedTokens
        self.feedingSeconds = feedingSeconds
    }
}
