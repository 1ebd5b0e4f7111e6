internal import Speculation

/// What a fleet has counted so far.
struct FleetTally {
    var finished = 0
    /// Texts that were on too many targets when these were lost.
    var givenUp = 0
    var tokens = 0
    /// Tokens that are not the text's, or not at their place.
    var mismatches = 0
    /// Parts of passes with draft tokens.
    var rounds = 0
    var candidates = 0
    var accepted = 0
    var targetsLost = 0
    var draftsLost = 0
    /// Requests that went on at another target.
    var reopened = 0
    /// Until then as many clients were at work as there are.
    var atLastArrival: FleetSnapshot?
}

/// What the members of a fleet have counted at an instant.
struct FleetSnapshot {
    var at: Seconds
    var targets: [VirtualTarget.Counts]
    var drafts: [VirtualDraft.Counts]
}
