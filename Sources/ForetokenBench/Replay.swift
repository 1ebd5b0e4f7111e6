public import Speculation

/// Replays texts of a trace under a rule on a virtual clock: draft and target take turns, as they do live.
///
/// The draft's decisions are made by the very code that makes them live, from what the trace says the draft saw; the
/// target's part is the trace's text, and time passes as `Costs` and `Distance` say. What rules and `Outlook` learn lasts
/// from text to text, as it does at a draft.
///
/// A target that waits for a block gets it one round trip later, or the word that the draft rests. One that does not wait
/// goes on alone, and a block that comes is worth what lies beyond what the target wrote meanwhile.
///
/// Not replayed: prefills; other sequences; the end of a text, behind which no rule drafts here.
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
    /// When counting began.
    private var began: Seconds = 0
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
        self.began = self.clock
    }

    public mutating func run(_ text: Trace.Text) {
        // The prefill's pass chooses the first token.
        var position = 1
        // Before the first block the target does not wait.
        self.isAwaited = false
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
        var run = 0
        while run < sent, text.isRight(position + run) { run += 1 }
        let wasAwaited = self.isAwaited
        self.isAwaited = sent > 0
        guard sent > 0 || wasAwaited else { return self.goAlone(text, position, drafted) }

        var network = self.distance.seconds(tokens: sent, using: &self.random)
        network += self.distance.seconds(tokens: run + 1, using: &self.random)
        let flight = drafting + network + (sent > 0 ? self.costs.overhead : 0)
        if sent > 0 { self.roundTrip = self.roundTrip.map { $0 + (network - $0) / 8 } ?? network }
        var alone = 0
        if wasAwaited {
            self.clock += flight
            if sent == 0 { return self.goAlone(text, position, drafted, since: begin) }
        } else {
            // The pass that is under way when the block comes is ended first.
            alone = min(max(1, Int((flight / self.costs.pass(rows: 1)).rounded(.up))), text.tokens.count - position)
            for index in 0..<alone { _ = self.goAlone(text, position + index, []) }
            guard alone < sent, alone <= run else {
                // It brought nothing, but its tokens are judged by what the target wrote.
                self.judge(text, position, drafted, sent: 0, known: min(alone, drafted.count), seconds: 0)
                return alone
            }
        }
        let rows = sent - alone + 1
        let pass = self.costs.pass(rows: rows)
        self.clock += pass
        let committed = run - alone + 1
        self.count(committed: committed, sent: sent - alone, accepted: run - alone)
        self.hear(rows: rows, committed: committed, pass: pass, seconds: alone > 0 ? pass : self.clock - begin)
        self.judge(
            text, position, drafted, sent: sent, known: min(drafted.count, run + 1), seconds: self.clock - begin)
        return alone + committed
    }

    /// One pass of the target without a block.
    private mutating func goAlone(
        _ text: Trace.Text, _ position: Int, _ drafted: [DraftedToken], since begin: Seconds? = nil
    ) -> Int {
        let before = begin ?? self.clock
        let pass = self.costs.pass(rows: 1)
        self.clock += pass
        self.count(committed: 1)
        self.hear(rows: 1, committed: 1, pass: pass, seconds: self.clock - before)
        if !drafted.isEmpty { self.judge(text, position, drafted, sent: 0, known: 1, seconds: 0) }
        return 1
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

    private mutating func count(committed: Int, sent: Int = 0, accepted: Int = 0) {
        if self.keepsRounds {
            self.rounds.append(
                RoundRecord(position: self.tally.tokens, sent: sent, accepted: accepted))
        }
        self.tally.tokens += committed
        self.tally.seconds = self.clock - self.began
        self.tally.passes += 1
        guard sent > 0 else { return }
        self.tally.blocks += 1
        self.tally.sent += sent
        self.tally.accepted += accepted
    }

    /// The draft hears of a pass.
    private mutating func hear(rows: Int, committed: Int, pass: Seconds, seconds: Seconds) {
        var verdict = Verdict(sequence: 0, position: 0, tokens: [], fingerprint: .empty)
        verdict.verified = rows - 1
        verdict.sentMicroseconds = rows > 1 ? 1 : 0
        verdict.rows = rows
        verdict.passMicroseconds = UInt32(clamping: Int(min(pass * 1e6, 1e12).rounded()))
        self.outlook.learn(
            verdict, committed: committed, seconds: seconds, roundTrip: self.roundTrip, now: self.clock)
    }

    /// What the draft learns of its tokens, `known` of which lie where the target has written.
    private mutating func judge(
        _ text: Trace.Text, _ position: Int, _ drafted: [DraftedToken], sent: Int, known: Int, seconds: Seconds
    ) {
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
