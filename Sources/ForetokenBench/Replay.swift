public import Speculation

/// Replays texts of a trace under a rule on a virtual clock: draft and target take turns, as they do live.
///
/// The draft's decisions are made by the very code that makes them live, from what the trace says the draft saw; the
/// target's part is the trace's text, and time passes as `Costs` and `Distance` say. What rules and `Outlook` learn lasts
/// from text to text, as it does at a draft.
///
/// Not replayed: prefills; other sequences; and that a target goes alone until the first block after a rest is there,
/// where this one waits for it, but then does not wait for the word that the draft rests again: the same number of
/// round trips.
public struct Replay {
    public var costs: Costs
    public var distance: Distance
    public private(set) var tally = Tally()
    /// Of every round, where it was asked for.
    public private(set) var rounds: [RoundRecord] = []
    private let keepsRounds: Bool

    private let endTokens: Set<Token>
    private var lookahead: any Lookahead
    private var outlook = Outlook()
    private var clock: Seconds = 0
    private var roundTrip: Seconds?
    private var heartbeatAt: Seconds = 0
    /// Whether the last round had a block, so that the target waits for the next.
    private var isAwaited = true
    private var random: SplitMix64

    /// What happened since the last reset.
    public struct Tally: Equatable, Sendable {
        public var tokens = 0
        public var seconds: Seconds = 0
        public var passes = 0
        /// Rounds with a block.
        public var blocks = 0
        public var drafted = 0
        public var sent = 0
        public var accepted = 0

        public init() {}

        /// Tokens a second.
        public var rate: Double { self.seconds > 0 ? Double(self.tokens) / self.seconds : 0 }
    }

    public struct RoundRecord: Equatable, Sendable {
        /// Tokens committed in all before it.
        public var position: Int
        public var sent: Int
        public var accepted: Int
        /// Tokens of the block that were expected to be accepted.
        public var predicted: Double
    }

    public init(
        _ lookahead: any Lookahead, costs: Costs, distance: Distance, endTokens: Set<Token>, keepsRounds: Bool = false,
        seed: UInt64 = 1
    ) {
        self.lookahead = lookahead
        self.costs = costs
        self.distance = distance
        self.endTokens = endTokens
        self.keepsRounds = keepsRounds
        self.random = SplitMix64(seed: seed)
    }

    /// Forgets what was counted, but nothing that was learned.
    public mutating func resetTally() {
        self.tally = Tally()
        self.rounds = []
    }

    public mutating func run(_ text: Trace.Text) {
        // The prefill's pass chooses the first token.
        var position = 1
        if var oracle = self.lookahead as? OracleLookahead {
            oracle.runs = text.runs
            self.lookahead = oracle
        }
        while position < text.tokens.count { position += self.round(text, at: position) }
    }

    /// Twice in each heartbeat, as the services do.
    private static let heartbeat: Seconds = 0.5

    /// - Returns: how many tokens it committed.
    private mutating func round(_ text: Trace.Text, at position: Int) -> Int {
        let begin = self.clock
        if begin >= self.heartbeatAt {
            let there = self.distance.seconds(tokens: 0, using: &self.random)
            let back = self.distance.seconds(tokens: 0, using: &self.random)
            self.outlook.hear(roundTrip: there + back, now: begin)
            self.heartbeatAt = begin + Self.heartbeat
        }
        // The target adds a token of its own to every block.
        let most = text.tokens.count - position - 1
        let drafted = most > 0 ? self.draft(text, at: position, most: most) : []
        let drafting = Seconds(drafted.count) * self.costs.draftToken
        self.outlook.learnDrafting(tokens: drafted.count, seconds: drafting)
        let sent = drafted.isEmpty ? 0 : min(max(self.lookahead.sendCount(of: drafted), 0), drafted.count)
        // The target does not wait for a draft that rests.
        if sent > 0 || self.isAwaited { self.clock += drafting }
        self.isAwaited = sent > 0

        let pass = self.costs.pass(rows: sent + 1)
        var network: Seconds = 0
        var run = 0
        while run < sent, text.isRight(position + run) { run += 1 }
        let committed = run + 1
        if sent > 0 {
            network = self.distance.seconds(tokens: sent, using: &self.random)
            network += self.distance.seconds(tokens: committed, using: &self.random)
            self.roundTrip = self.roundTrip.map { $0 + (network - $0) / 8 } ?? network
        }
        self.clock += network + pass + (sent > 0 ? self.costs.overhead : 0)
        self.learn(text, position, drafted, sent: sent, committed: committed, pass: pass, seconds: self.clock - begin)
        return committed
    }

    /// What the draft drafts for a block behind the tokens before a position.
    private mutating func draft(_ text: Trace.Text, at position: Int, most: Int) -> [DraftedToken] {
        if var oracle = self.lookahead as? OracleLookahead {
            oracle.position = position
            self.lookahead = oracle
        }
        self.lookahead.begin(in: &self.outlook.context)
        var drafted: [DraftedToken] = []
        // Where the draft's first wrong guess is, once it is drafted.
        var wrong: Int?
        while drafted.count < min(most, LookaheadRule.mostTokens), self.lookahead.wantsMore(after: drafted) {
            let next = position + drafted.count
            if let wrong {
                // What the trace does not tell any more.
                guard let beyond = text.beyond[wrong], next - wrong - 1 < beyond.count else { break }
                drafted.append(beyond[next - wrong - 1])
            } else {
                drafted.append(text.drafted[next])
                if !text.isRight(next) { wrong = next }
            }
            if self.endTokens.contains(drafted.last!.token) { break }
        }
        return drafted
    }

    private mutating func learn(
        _ text: Trace.Text, _ position: Int, _ drafted: [DraftedToken], sent: Int, committed: Int, pass: Seconds,
        seconds: Seconds
    ) {
        var verdict = Verdict(sequence: 0, position: position, tokens: [], fingerprint: TokenHistory([]).fingerprint)
        verdict.verified = sent
        verdict.sentMicroseconds = sent > 0 ? 1 : 0
        verdict.rows = sent + 1
        verdict.passMicroseconds = UInt32(clamping: Int((pass * 1e6).rounded()))
        self.outlook.learn(
            verdict, committed: committed, seconds: seconds, roundTrip: self.roundTrip, now: self.clock)
        if self.keepsRounds {
            let expected = self.outlook.context.acceptance.survival(of: Array(drafted[..<sent])).dropFirst()
            self.rounds.append(
                RoundRecord(
                    position: self.tally.tokens, sent: sent, accepted: committed - 1,
                    predicted: expected.reduce(0, +)))
        }
        self.tally.tokens += committed
        self.tally.seconds += seconds
        self.tally.passes += 1
        self.tally.drafted += drafted.count
        if sent > 0 {
            self.tally.blocks += 1
            self.tally.sent += sent
            self.tally.accepted += committed - 1
        }
        // The first token that was not sent is judged by the target's own behind the block.
        let known = min(drafted.count, committed)
        guard known > 0 else { return }
        var agreed = 0
        while agreed < known, text.isRight(position + agreed) { agreed += 1 }
        let round = Round(
            drafted: drafted, sent: sent, agreed: agreed, judged: min(agreed + 1, known), seconds: seconds)
        if sent > 0 {
            self.lookahead.learn(accepted: round.accepted, of: Array(drafted[..<sent]), seconds: seconds)
        }
        self.outlook.learn(round)
    }
}
