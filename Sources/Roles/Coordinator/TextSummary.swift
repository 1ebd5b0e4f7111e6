public import ForetokenWire
public import Speculation

/// What became of a request at a coordinator, for logs and traces.
public struct TextSummary: Equatable, Sendable {
    public var names: RequestNames
    public var outcome: Outcome
    /// Addresses of the target and the draft that had the text last; empty where none had it.
    public var target: String
    public var draft: String
    /// Name of the target's model; empty where none had the text.
    public var model: String
    /// What the text has cost at all its targets, as far as they have told.
    public var statistics: Statistics
    /// From the request's arrival until a target had it, and until its first token left; `nil` where that never was.
    public var queued: Seconds?
    public var firstToken: Seconds?
    /// From its arrival to its end.
    public var total: Seconds
    /// Times another draft took over.
    public var draftFailovers: Int

    init(
        names: RequestNames, outcome: Outcome, target: String = "", draft: String = "", model: String = "",
        statistics: Statistics = Statistics(), queued: Seconds? = nil, firstToken: Seconds? = nil, total: Seconds = 0,
        draftFailovers: Int = 0
    ) {
        (self.names, self.outcome) = (names, outcome)
        (self.target, self.draft, self.model) = (target, draft, model)
        self.statistics = statistics
        (self.queued, self.firstToken, self.total) = (queued, firstToken, total)
        self.draftFailovers = draftFailovers
    }

    public enum Outcome: Equatable, Sendable {
        case finished(FinishReason)
        case failed(Status.Code)
    }
}
