public import Speculation

/// A fleet on paper: its targets and drafts, what lies between them, what is asked of it, and what fails.
public struct FleetPlan: Sendable {
    public struct Target: Sendable {
        public var costs: Costs
        public var slots: Int
        /// Most rows that one pass may hold.
        public var maxRows: Int

        public init(costs: Costs, slots: Int, maxRows: Int = 256) {
            self.costs = costs
            self.slots = slots
            self.maxRows = maxRows
        }
    }

    public struct Draft: Sendable {
        /// The time of a draft token counts, and the overhead of a block.
        public var costs: Costs
        public var slots: Int
        /// To each of the targets.
        public var distance: Distance

        public init(costs: Costs, slots: Int, distance: Distance) {
            self.costs = costs
            self.slots = slots
            self.distance = distance
        }
    }

    public enum Load: Equatable, Sendable {
        /// So many clients, each of which asks again as soon as it has its answer.
        case clients(Int)
        /// So many requests a second, at random instants.
        case rate(Double)
    }

    /// Members that die and come back; what they knew is lost.
    public struct Failures: Equatable, Sendable {
        /// Mean time from one failure of a member to its next; infinite for none.
        public var betweenTargets: Seconds
        public var betweenDrafts: Seconds
        /// Time until it is back.
        public var outage: Seconds

        public init(betweenTargets: Seconds = .infinity, betweenDrafts: Seconds = .infinity, outage: Seconds) {
            self.betweenTargets = betweenTargets
            self.betweenDrafts = betweenDrafts
            self.outage = outage
        }
    }

    public var targets: [Target]
    public var drafts: [Draft]
    public var rule: LookaheadRule
    public var load: Load
    public var requests: Int
    /// Most tokens of an answer.
    public var maxTokens: Int
    /// Tokens of a prompt; `nil`: as many as the text's prompt had.
    public var promptTokens: Int?
    public var failures: Failures?
    /// Whether each draft computes on the cores of a target, by number in turn.
    public var sharesCores = false
    /// Part of the time of a draft token that a further row adds to a step of a draft.
    public var draftRow = 0.15
    /// Standard deviation of the time of a pass, as a part of it; above 0, some passes are held up, too. Two shared cores
    /// had 0.1.
    public var passSpread = 0.0
    public var seed: UInt64 = 1

    public init(
        targets: [Target], drafts: [Draft], rule: LookaheadRule, load: Load, requests: Int, maxTokens: Int,
        promptTokens: Int? = nil, failures: Failures? = nil
    ) {
        self.targets = targets
        self.drafts = drafts
        self.rule = rule
        self.load = load
        self.requests = requests
        self.maxTokens = maxTokens
        self.promptTokens = promptTokens
        self.failures = failures
    }
}
