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
    /// Processes of targets that were lost one soon after the other while they had it, by name, and whether they went silent.
    private(set) var losses: [String: Bool] = [:]

    /// Processes that a text may be on when they end or go silent; another one is not risked.
    static let mostLosses = 2
    /// Seconds that a target has to last with the text for its loss to be no matter of the text.
    static let innocence = 60.0

    struct Place: Sendable {
        var target: String
        /// The number of the call to the target; another one for each place, so that what a former target still sends is
        /// not taken for this one's.
        let call: UInt64
        /// When the target was given the text.
        let since: Seconds
        var draft: String?
        var rule: LookaheadRule
        /// The target's number of the sequence, once it has told.
        var sequence: UInt64?
        /// What the target told last, and is counted.
        var statistics = Statistics()
        /// What tokens that came since then tell.
        var untold = Statistics()
        /// Whether a draft had it, and none has it again yet.
        var hasLostDraft = false

        mutating func loseDraft() {
            self.draft = nil
            self.hasLostDraft = true
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

    /// Takes the job from its place.
    mutating func leave() {
        guard let place = self.place.take() else { return }
        self.before.append(place.statistics)
        self.before.append(place.untold)
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
        self.losses[process, default: false] = isSilent || self.losses[process] == true
    }

    /// Whether the text has brought down as many processes as it may. One that is back was only cut off, unless it had gone
    /// silent.
    func isDangerous(isUp: (String) -> Bool) -> Bool {
        self.losses.count { $0.value || !isUp($0.key) } >= Self.mostLosses
    }

    /// Counts the losses of a former call for the same text in.
    mutating func inherit(_ former: GenerationJob) { self.losses.merge(former.losses) { $0 || $1 } }

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
