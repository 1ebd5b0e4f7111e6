public import Speculation

/// What a coordinator knows of costs: gathers what targets and drafts report.
///
/// Prices are made at the draft, token by token; what a target does for others, and what its passes cost, a draft hears
/// from the target itself.
public struct Market: Equatable, Sendable {
    /// By the coordinator's address of the target.
    private var targets: [String: TargetReport] = [:]
    private var drafts: [Pair: DraftReport] = [:]

    private struct Pair: Hashable {
        var draft: String
        var target: String
    }

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
    }

    public mutating func lose(draft: String) {
        self.drafts = self.drafts.filter { $0.key.draft != draft }
    }

    public func report(of target: String) -> TargetReport? { self.targets[target] }

    /// In the order of the targets' addresses.
    public func reports(of draft: String) -> [DraftReport] {
        self.drafts.filter { $0.key.draft == draft }.values.sorted { $0.target < $1.target }
    }

    // MARK: Decisions

    /// Whether a draft is worth the trouble of mirroring, by what the rules there have made of it of late.
    public func pays(draft: String, for target: String) -> Bool {
        self.drafts[Pair(draft: draft, target: target)]?.abstains != true
    }
}
