public import Speculation

/// Replays texts of a trace under a rule on a virtual clock: one target, one draft, one sequence at a time.
///
/// It is the smallest `FleetSimulation`: decided is by the very code that decides live, at target and draft, overlapped
/// or synchronous as the rule says, from what the trace says that the draft saw; and time passes as `Costs` and
/// `Distance` say. What rules and `Outlook` learn lasts from text to text, as it does at a draft.
///
/// Not counted: prefills, and the first token, which they bring.
public struct Replay {
    public private(set) var tally = Tally()
    /// What every pass brought, where it was asked for.
    public private(set) var rounds: [RoundRecord] = []
    private let keepsRounds: Bool
    private var fleet: FleetSimulation

    public var distance: Distance {
        get { self.fleet.distance }
        set { self.fleet.distance = newValue }
    }

    /// What happened since the last reset.
    public struct Tally: Equatable, Sendable {
        public var tokens = 0
        public var seconds: Seconds = 0
        public var passes = 0
        /// Passes that held draft tokens.
        public var blocks = 0
        /// Draft tokens that passes held.
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
        _ contender: Contender, costs: Costs, distance: Distance, endTokens: Set<Token>, keepsRounds: Bool = false,
        seed: UInt64 = 1
    ) {
        self.keepsRounds = keepsRounds
        self.fleet = FleetSimulation(
            replaying: contender, costs: costs, distance: distance, endTokens: endTokens, seed: seed)
    }

    /// Forgets what was counted, but nothing that was learned.
    public mutating func resetTally() {
        self.tally = Tally()
        self.rounds = []
    }

    public mutating func run(_ text: Trace.Text) {
        var (tally, rounds, last) = (self.tally, self.rounds, 0.0)
        self.fleet.write(text) { commit, now in
            defer { last = now }
            guard commit.index > 0 else { return }
            if self.keepsRounds {
                rounds.append(
                    .init(position: tally.tokens, sent: commit.brought.candidates, accepted: commit.brought.accepted))
            }
            tally.tokens += commit.count
            tally.seconds += now - last
            tally.passes += 1
            guard commit.brought.candidates > 0 else { return }
            tally.blocks += 1
            tally.sent += commit.brought.candidates
            tally.accepted += commit.brought.accepted
        }
        (self.tally, self.rounds) = (tally, rounds)
    }
}
