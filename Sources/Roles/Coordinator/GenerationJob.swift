internal import ForetokenWire
internal import Speculation

/// A request at the coordinator, from its arrival to its last token.
///
/// It keeps every committed token, so that a lost target can be replaced and the text goes on where it stopped.
struct GenerationJob: Sendable {
    let client: PeerID
    /// The client's number of the call.
    let call: UInt64
    /// Size of the message that brought it.
    let bytes: Int
    var request: Request
    /// The rule asked for; `nil` where the coordinator chooses.
    let rule: LookaheadRule?
    let deadline: Seconds
    var place: Place?
    /// Since when no target has it.
    var waitingSince: Seconds
    /// Whether a target had it, and none has it again yet.
    var isReopened = false
    var pace: Pace
    /// What the text has cost at the targets that had it before.
    private(set) var before = Statistics()
    /// Who has begun the text; `nil` before a target had it.
    private(set) var author: Author?
    /// Whether the client was told the weights of the author.
    private var hasToldWeights = false
    /// Whether the text has gone on at a target that rounds otherwise than its author.
    private(set) var hasStrayed = false
    /// Processes of targets that were lost one soon after the other while they had it, by name, and how often each of them
    /// went silent rather than ended.
    private(set) var losses: [String: Int] = [:]
    /// When a target was first given it; `nil` before.
    var placedAt: Seconds?
    /// Times another draft took over.
    var draftFailovers = 0

    /// Processes that a text may be on when they end or go silent; another one is not risked.
    static let mostLosses = 2
    /// Seconds that a target has to last with the text for its loss to be no matter of the text.
    static let innocence = 60.0

    /// The target that has begun a text, as far as the rest of the text depends on it.
    struct Author: Sendable {
        var model: ModelDescription
        /// Name of that start of its process, and the key that it has shown.
        var process: String
        var key: String
        /// Digest of what its exact passes come to; `nil` where it keeps to none.
        var rounding: UInt64? { self.model.rounding?.fingerprint }
    }

    struct Place: Sendable {
        var target: String
        /// The number of the call to the target; another one for each place, so that what a former target still sends is
        /// not taken for this one's.
        let call: UInt64
        /// When the target was given the text.
        let since: Seconds
        private(set) var draft: String?
        /// The number of the call that gave the sequence its draft; `nil` while it has none. What a target tells on
        /// another call is of a draft that it had before.
        private(set) var assigning: UInt64?
        let rule: LookaheadRule
        /// The target's number of the sequence, once it has told.
        var sequence: UInt64?
        /// What the target told last, and is counted.
        var statistics = Statistics()
        /// What tokens that came since then tell.
        var untold = Statistics()
        /// Whether tokens have come.
        var hasWritten = false
        /// Whether a draft had it, and none has it again yet.
        private(set) var hasLostDraft = false

        /// - Parameter draft: that the call which opens the sequence gives it.
        init(target: String, call: UInt64, since: Seconds, draft: String?, rule: LookaheadRule) {
            (self.target, self.call, self.since) = (target, call, since)
            (self.draft, self.assigning, self.rule) = (draft, draft == nil ? nil : call, rule)
        }

        /// Whether the target has the sequence in a slot, as far as that is known.
        var isOpen: Bool { self.sequence != nil || self.hasWritten }

        mutating func assign(_ draft: String, call: UInt64) {
            (self.draft, self.assigning) = (draft, call)
        }

        /// The target has heard of the draft.
        ///
        /// - Returns: whether it takes over from one that was lost.
        mutating func takeOver() -> Bool {
            defer { self.hasLostDraft = false }
            return self.hasLostDraft
        }

        /// - Parameter isDeclined: whether it had the draft on paper only.
        mutating func loseDraft(isDeclined: Bool) {
            (self.draft, self.assigning) = (nil, nil)
            if !isDeclined { self.hasLostDraft = true }
        }
    }

    init(
        client: PeerID, call: UInt64, bytes: Int = 0, request: Request, rule: LookaheadRule?, deadline: Seconds,
        now: Seconds
    ) {
        self.client = client
        self.call = call
        self.bytes = bytes
        self.request = request
        self.rule = rule
        self.deadline = deadline
        self.waitingSince = now
        self.pace = Pace(askedAt: now, isResumed: !request.committed.isEmpty)
    }

    /// What became of it, once it has left its place.
    func summary(_ outcome: TextSummary.Outcome, at place: Place?, now: Seconds) -> TextSummary {
        TextSummary(
            names: self.request.names, outcome: outcome, target: place?.target ?? "", draft: place?.draft ?? "",
            model: self.author?.model.name ?? "", statistics: self.before,
            queued: self.placedAt.map { $0 - self.pace.askedAt },
            firstToken: self.pace.firstAt.map { $0 - self.pace.askedAt },
            total: now - self.pace.askedAt, draftFailovers: self.draftFailovers)
    }

    /// Takes the job from its place.
    mutating func leave() {
        guard let place = self.place.take() else { return }
        self.before.append(place.statistics)
        self.before.append(place.untold)
    }

    /// How the target rounds that has begun the text, where it keeps to exact passes and there is anything to go on with.
    var rounding: UInt64? { self.request.committed.isEmpty ? nil : self.author?.rounding }

    /// Notes that a target is to have the text.
    ///
    /// - Returns: whether the text can go on there; one without a token begins there.
    mutating func isToBeWritten(by target: Fleet.Target) -> Bool {
        let isBegun = !self.request.committed.isEmpty
        if let author, isBegun { return target.writes(as: author) }
        // What another coordinator's target has begun is known by its weights alone.
        let weights = isBegun ? self.request.weightsFingerprint : 0
        guard let peer = target.peer, let model = peer.model else { return weights == 0 }
        guard model.writesAs(weights: weights) else { return false }
        self.author = Author(model: model, process: peer.name, key: target.key)
        return true
    }

    /// Notes that the text goes on at a target that rounds that way.
    ///
    /// - Returns: whether it leaves exact passes for others now, for the first time.
    mutating func strays(to rounding: UInt64?) -> Bool {
        guard !self.hasStrayed, let own = self.rounding, own != rounding else { return false }
        self.hasStrayed = true
        return true
    }

    /// Notes that another target goes on with the text.
    mutating func resume() {
        self.isReopened = false
        self.before.resumptions += 1
    }

    /// Notes that the target that has the text is lost.
    ///
    /// - Parameters:
    ///   - process: name of that start of the target.
    ///   - isSilent: whether it went silent, as one does that is stuck; otherwise its connection ended.
    mutating func loseTarget(_ process: String, isSilent: Bool, now: Seconds) {
        if let place, now - place.since > Self.innocence { return self.losses = [:] }
        self.losses[process, default: 0] += isSilent ? 1 : 0
    }

    /// Whether the text has brought down as many processes as it may. One that is back was only cut off, or frozen by
    /// somebody else; but one that the text gets stuck speaks again each time that it is rid of the text.
    func isDangerous(isUp: (String) -> Bool) -> Bool {
        self.losses.count { $0.value > 1 || !isUp($0.key) } >= Self.mostLosses
    }

    /// Takes over what is known of a former call for the same text: its losses, and who has begun it.
    mutating func inherit(_ former: GenerationJob) {
        self.losses.merge(former.losses) { $0 + $1 }
        (self.author, self.hasStrayed) = (former.author, former.hasStrayed)
    }

    /// Takes tokens from the target, and leaves out those that the client has already.
    ///
    /// - Returns: what the client has not got yet; `nil` where a token is missing in between, which breaks the text.
    mutating func take(_ committed: Committed) -> Committed? {
        self.place?.untold.count(committed.pieces.lazy.map(\.origin))
        if let told = committed.statistics {
            self.place?.statistics = told
            self.place?.untold = Statistics()
        }
        let known = self.request.committed.count - committed.index
        guard known >= 0 else { return nil }
        var fresh = committed
        fresh.index = self.request.committed.count
        fresh.pieces.removeFirst(min(known, committed.pieces.count))
        self.request.committed += fresh.pieces.map(\.token)
        fresh.weightsFingerprint = 0
        if !self.hasToldWeights, !fresh.pieces.isEmpty {
            fresh.weightsFingerprint = self.author?.model.weightsFingerprint ?? 0
            self.hasToldWeights = true
        }
        // Clients are told at the end, when they are whole.
        fresh.statistics =
            fresh.finish == nil
            ? nil
            : committed.statistics.map { told in
                var whole = self.before
                whole.append(told)
                return whole
            }
        return fresh
    }
}
