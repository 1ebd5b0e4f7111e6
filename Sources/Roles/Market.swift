public import Speculation

/// What a coordinator knows of costs: gathers what targets and drafts report, and decides which draft is told what.
///
/// Prices are made at the draft, token by token, without asking anyone. What one draft cannot see is what a target
/// does for others, and what its passes cost before the first one: that is a quote, the target's own report.
public struct Market: Equatable, Sendable {
    /// By the coordinator's address of the target.
    private var targets: [String: TargetReport] = [:]
    private var drafts: [Pair: DraftReport] = [:]
    private var told: [Pair: Told] = [:]

    private struct Pair: Hashable {
        var draft: String
        var target: String
    }

    private struct Told: Equatable {
        var report: TargetReport
        var at: Seconds
    }

    /// After so many seconds a quote is repeated although nothing has changed, long before it fades at the draft.
    static let interval: Seconds = 3

    public init() {}

    // MARK: Reports

    public mutating func take(_ report: TargetReport, of target: String) {
        self.targets[target] = report
    }

    /// - Parameter report: with the coordinator's own address of the target.
    public mutating func take(_ report: DraftReport, of draft: String) {
        self.drafts[Pair(draft: draft, target: report.target)] = report
    }

    public mutating func lose(target: String) {
        self.targets[target] = nil
        self.told = self.told.filter { $0.key.target != target }
    }

    public mutating func lose(draft: String) {
        self.drafts = self.drafts.filter { $0.key.draft != draft }
        self.told = self.told.filter { $0.key.draft != draft }
    }

    public func report(of target: String) -> TargetReport? { self.targets[target] }

    /// In the order of the targets' addresses.
    public func reports(of draft: String) -> [DraftReport] {
        self.drafts.filter { $0.key.draft == draft }.values.sorted { $0.target < $1.target }
    }

    // MARK: Decisions

    /// What to tell a draft of a target's costs now; `nil` where it knows that as well as need be.
    public mutating func quote(of target: String, for draft: String, now: Seconds) -> TargetReport? {
        guard let report = self.targets[target] else { return nil }
        let pair = Pair(draft: draft, target: target)
        if let told = self.told[pair], now - told.at < Self.interval, report.isNear(told.report) { return nil }
        self.told[pair] = Told(report: report, at: now)
        return report
    }

    /// Whether a draft is worth the trouble of mirroring, by what the rules there have made of it of late.
    public func pays(draft: String, for target: String) -> Bool {
        self.drafts[Pair(draft: draft, target: target)]?.abstains != true
    }
}
