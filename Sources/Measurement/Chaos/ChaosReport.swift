public import Foundation
public import Speculation

/// What a campaign of faults has found, as `foretoken-bench chaos --output` writes it.
public struct ChaosReport: WrittenReport, Equatable, Sendable {
    /// What was tried, and where.
    public struct Setting: Codable, Equatable, Sendable {
        public var seed: UInt64
        public var clients: Int
        public var httpClients: Int
        /// One way between drafts and targets.
        public var delayMs: Double
        /// Most faults at once.
        public var overlap: Int
        /// Whether each part has a network namespace of its own; otherwise all are on the loopback.
        public var hasNamespaces: Bool
        /// Whether the connections are encrypted and authenticated.
        public var hasKeys: Bool
        /// Kinds of faults that could not be had here, with the reason.
        public var leftOut: [String]

        public init(
            seed: UInt64, clients: Int, httpClients: Int, delayMs: Double, overlap: Int, hasNamespaces: Bool,
            hasKeys: Bool, leftOut: [String]
        ) {
            self.seed = seed
            self.clients = clients
            self.httpClients = httpClients
            self.delayMs = delayMs
            self.overlap = overlap
            self.hasNamespaces = hasNamespaces
            self.hasKeys = hasKeys
            self.leftOut = leftOut
        }
    }

    public struct FaultCount: Codable, Equatable, Sendable {
        public var choice: FaultChoice
        public var count: Int
    }

    /// What kind of report this is, and in which form.
    public var kind = "chaos"
    public var version = 1
    /// When it began, as ISO 8601.
    public var date: String
    public var commandLine: [String]
    public var machine: Machine
    public var setting: Setting
    /// Whether all faults came that were asked for.
    public var isComplete: Bool
    /// Time of the load, from the first request on.
    public var seconds: Seconds
    public var faults: [FaultCount]
    public var requests: Int
    /// Whole texts, equal to those of the target alone.
    public var equalTexts: Int
    public var tokens: Int
    public var lostTokens: Int
    public var doubledTokens: Int
    public var changedTexts: Int
    /// Times a text went on elsewhere.
    public var resumptions: Int
    /// Requests by the status they ended with.
    public var endings: [String: Int]
    public var findings: [ChaosFinding]
    /// Median time between tokens that came apart, where there was no fault.
    public var ordinaryGap: Seconds
    public var recoveries: [FaultRecovery]
    /// What processes held of the system: of each part the longest life, where it was long enough to tell.
    public var trends: [ProcessTrend]

    /// Upper bounds of the columns of each histogram, in seconds.
    public var histogramBounds = FaultRecovery.bounds

    public init(
        date: Date, commandLine: [String], machine: Machine, setting: Setting, isComplete: Bool,
        events: some Sequence<ChaosEvent>
    ) {
        let history = ChaosHistory(events)
        let checker = ChaosChecker(history)
        let recoveries = FaultRecoveries(history)
        self.date = date.ISO8601Format()
        self.commandLine = commandLine
        self.machine = machine
        self.setting = setting
        self.isComplete = isComplete
        let ends = history.stories.map { $0.endedAt ?? $0.begunAt }
        self.seconds = (ends.max() ?? 0) - (history.stories.first?.begunAt ?? 0)
        self.faults = FaultChoice.all.compactMap { choice in
            let count = history.faults.count { $0.fault.choice == choice }
            return count == 0 ? nil : FaultCount(choice: choice, count: count)
        }
        self.requests = history.stories.count
        self.equalTexts = checker.equalTexts
        self.tokens = checker.tokens
        self.lostTokens = checker.lostTokens
        self.doubledTokens = checker.doubledTokens
        self.changedTexts = checker.changedTexts
        self.resumptions = history.stories.reduce(0) { $0 + ($1.end?.resumptions ?? 0) }
        self.endings = checker.endings
        // A campaign that is cut short leaves requests open.
        self.findings = checker.findings.filter { isComplete || $0.kind != .unfinished }
        self.ordinaryGap = recoveries.ordinaryGap
        self.recoveries = recoveries.all
        self.trends = ProcessTrend.longest(in: history)
    }
}
