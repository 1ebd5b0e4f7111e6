internal import ForetokenWire
internal import Speculation

/// What happens in a fleet at an instant. Members are told by their index; a `life` is that of a member since its last
/// failure: what was meant for an earlier one is lost.
enum FleetEvent {
    case arrival(request: Int)
    case passEnds(target: Int, life: Int)
    /// A target looks again.
    case alarm(target: Int, life: Int)
    case stepEnds(draft: Int, life: Int)
    /// Whatever a draft says to a target, on its way between these two lives.
    indirect case toTarget(Envelope.Body, Route)
    /// Whatever a target says to a draft.
    indirect case toDraft(Envelope.Body, Route)
    /// All members answer heartbeats, and look at the clock.
    case heartbeat
    /// Drafts ask for verdicts that are overdue.
    case tick
    case targetFails(Int)
    case targetIsMissed(Int)
    case targetReturns(Int)
    case draftFails(Int)
    case draftIsMissed(Int)
    case draftReturns(Int)

    /// A draft and a target, and the lives between which a message travels.
    struct Route {
        var draft: Int
        var draftLife: Int
        var target: Int
        var targetLife: Int
    }
}
