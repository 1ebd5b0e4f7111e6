public import Foundation
public import Speculation

/// What a load test has found, as `foretoken loadtest --json` writes it.
///
/// A JSON object whose members are those of the types below, in snake case, times in seconds. What could not be
/// measured is left out.
public struct LoadTestReport: WrittenReport, Equatable, Sendable {
    /// What was asked for.
    public struct Plan: Codable, Equatable, Sendable {
        /// Clients of a closed loop.
        public var clients: Int?
        /// Requests a second of an open loop.
        public var rate: Double?
        public var requests: Int?
        public var duration: Seconds?
        public var warmUp: Seconds
        public var maxTokens: Int
        public var temperature: Float
        public var seed: UInt64
        /// How far the draft ran ahead; left to the server where `nil`.
        public var lookahead: String?
        public var isComparison: Bool
        public var prompts: Int
        /// After which a request counted as timed out.
        public var timeout: Seconds
        /// That requests under way at the end had left.
        public var drain: Seconds

        public init(
            shape: LoadShape, bound: LoadBound, warmUp: Seconds, maxTokens: Int, temperature: Float, seed: UInt64,
            lookahead: String?, isComparison: Bool, prompts: Int, timeout: Seconds, drain: Seconds
        ) {
            switch shape {
            case .closed(let clients): self.clients = clients
            case .open(let rate): self.rate = rate
            }
            switch bound {
            case .requests(let count): self.requests = count
            case .seconds(let seconds): self.duration = seconds
            }
            self.warmUp = warmUp
            self.maxTokens = maxTokens
            self.temperature = temperature
            self.seed = seed
            self.lookahead = lookahead
            self.isComparison = isComparison
            self.prompts = prompts
            self.timeout = timeout
            self.drain = drain
        }
    }

    public var date: String
    public var commandLine: [String]
    /// The one that sent the requests.
    public var machine: Machine
    /// Where the requests went.
    public var server: String
    public var model: String?
    public var plan: Plan
    public var limits: ServiceLevels?
    /// Whether all was measured that was asked for.
    public var isComplete = false
    /// Why not.
    public var cause: String?
    /// One, or in a comparison two.
    public var arms: [LoadFigures] = []
    /// Requests of a comparison that completed in both arms, and those of them with different texts.
    public var comparedTexts: Int?
    public var differentTexts: Int?

    public init(
        date: Date, commandLine: [String], machine: Machine, server: String, model: String?, plan: Plan,
        limits: ServiceLevels?
    ) {
        self.date = date.ISO8601Format()
        self.commandLine = commandLine
        self.machine = machine
        self.server = server
        self.model = model
        self.plan = plan
        self.limits = limits
    }

    /// Sums up what was recorded.
    ///
    /// - Parameter cause: why not all was measured; `nil` when it was.
    public mutating func summarize(_ recorder: LoadRecorder, now: Seconds, cause: String?) {
        self.arms = recorder.figures(now: now)
        self.isComplete = cause == nil
        self.cause = cause
        guard self.plan.isComparison else { return }
        self.comparedTexts = recorder.comparedTexts
        self.differentTexts = recorder.differentTexts
    }
}
