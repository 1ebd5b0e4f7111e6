internal import DequeModule
public import ForetokenWire
public import Speculation

/// Decides what a coordinator does: places requests on targets and drafts, relays committed tokens to clients and keeps
/// them, and replaces whoever is lost.
///
/// A value without clock, random numbers and sockets. Its owner tells it of every event with the time, and then carries
/// out its `actions`; what that brings is told in turn, until no action is left. It is off the path of a round: blocks
/// and verdicts go straight between draft and target.
///
/// An event costs time with the number of members, never with the number of requests.
public struct CoordinatorState: Sendable {
    /// What is to be done, in order; taken away by the owner.
    public var actions: [Action] = []
    public internal(set) var fleet = Fleet()
    var jobs = Jobs()
    /// Calls to members that wait for an answer, by number.
    var calls: [UInt64: Call] = [:]
    private var lastCall: UInt64 = 0
    private var lastJob: UInt64 = 0
    /// What members have told of their refusals.
    var refusals = RefusalLedger()
    /// Most requests that wait for a slot; more are refused.
    let mostWaiting: Int
    /// Most bytes of requests that are kept until their texts are done, of all clients and of one; more are refused.
    static let (mostBytes, mostClientBytes) = (256 << 20, 64 << 20)
    let heartbeat: Seconds

    enum Call: Sendable {
        case open(job: UInt64)
        case attach(draft: String, target: String)
        /// Stands while the job's sequence has the draft that the call gave it.
        case assign(job: UInt64)
    }

    /// Why a message did not leave.
    public enum Undelivered: Sendable {
        /// The peer is gone.
        case unreachable
        /// The peer does not take what was sent before, or the message is too long for any.
        case full
    }

    /// - Parameters:
    ///   - targets: addresses of listed members; so are `drafts`. Others may join later.
    ///   - heartbeat: how soon a member is asked again that had no slot, or did not greet another.
    public init(targets: [String] = [], drafts: [String] = [], heartbeat: Seconds = 1, mostWaiting: Int = 256) {
        self.heartbeat = heartbeat
        self.mostWaiting = mostWaiting
        for target in targets { self.list(target, .target, now: -.infinity) }
        for draft in drafts { self.list(draft, .draft, now: -.infinity) }
    }

    /// Requests that targets have, and that wait.
    public var load: Load {
        let waiting = self.jobs.waiting.count
        return Load(
            slots: self.fleet.slots, sequences: self.jobs.count - waiting, waiting: waiting,
            kvUsage: self.fleet.kvUsage)
    }

    mutating func newCall(_ call: Call? = nil) -> UInt64 {
        self.lastCall += 1
        self.calls[self.lastCall] = call
        return self.lastCall
    }

    // MARK: Clients

    /// A client asks for a text.
    ///
    /// - Parameters:
    ///   - bytes: size of the message.
    ///   - timeoutMilliseconds: how long it will wait; 0: for ever.
    public mutating func generate(
        _ request: Request, ofBytes bytes: Int = 0, client: PeerID, call: UInt64, timeoutMilliseconds: UInt32,
        now: Seconds
    ) {
        // A client that was thought lost asks again for what is still under way.
        let former = self.jobs.id(client: client, call: call).flatMap { id in
            defer { self.abandon(id, .aborted, now: now) }
            return self.jobs[id]
        }
        func turnAway(_ status: Status) {
            self.refuse(status, to: client, call)
            self.actions.append(.log(.ended(TextSummary(names: request.names, outcome: .failed(status.code)))))
        }
        guard !request.prompt.isEmpty else {
            let status = Status(.invalidArgument, "the prompt is empty: give a text, a message or a token")
            return turnAway(status)
        }
        guard self.jobs.waiting.count < self.mostWaiting else {
            let status = Status(.resourceExhausted, "\(self.mostWaiting) requests wait already; try again later")
            return turnAway(status)
        }
        guard self.jobs.bytes(of: client) + bytes <= Self.mostClientBytes, self.jobs.bytes + bytes <= Self.mostBytes
        else {
            let status = Status(
                .resourceExhausted, "the requests that are under way are too long in all; try again later")
            return turnAway(status)
        }
        let deadline = timeoutMilliseconds > 0 ? now + Seconds(timeoutMilliseconds) / 1000 : .infinity
        var job = GenerationJob(
            client: client, call: call, bytes: bytes, request: request, rule: request.lookahead, deadline: deadline,
            now: now)
        if let former { job.inherit(former) }
        self.lastJob += 1
        self.jobs.add(job, as: self.lastJob)
        self.place(now: now)
    }

    /// A client does not want a text any more.
    public mutating func cancel(client: PeerID, call: UInt64, now: Seconds) {
        guard let id = self.jobs.id(client: client, call: call) else { return }
        self.end(id, Status(.cancelled), now: now)
    }

    /// A client is gone: what it asked for is ended, and slots are free again. A member that has greeted is not registered
    /// any more.
    public mutating func lose(client: PeerID, now: Seconds) {
        self.unregister(client, now: now)
        let lost = self.jobs.ids(of: client)
        guard !lost.isEmpty else { return }
        for _ in lost { self.actions.append(.count(.failed(.cancelled))) }
        self.abandon(lost, .cancelled, now: now)
        self.actions.append(.log(.clientLost(calls: lost.count)))
    }

    /// A message to a client did not leave.
    public mutating func undelivered(_ problem: Undelivered, to client: PeerID, call: UInt64, now: Seconds) {
        switch problem {
        case .unreachable:
            self.lose(client: client, now: now)
        case .full:
            guard let id = self.jobs.id(client: client, call: call), let job = self.jobs[id] else { return }
            self.actions.append(.log(.clientIsFull(call: call, job.request.names)))
            self.actions.append(.count(.failed(.resourceExhausted)))
            self.abandon(id, .resourceExhausted, now: now)
        }
    }

    // MARK: Time

    /// Looks at the clock; wanted several times a heartbeat.
    public mutating func tick(now: Seconds) {
        self.takeBack(now: now)
        self.attachDrafts(now: now)
        for id in self.jobs.overdue(now: now) {
            self.end(id, Status(.deadlineExceeded, "the deadline has passed"), now: now)
        }
        if !self.jobs.waiting.isEmpty, !self.fleet.hasReachableTarget {
            for id in Array(self.jobs.waiting) where now - self.jobs[id]!.waitingSince > Self.patience {
                self.end(id, Status(.unavailable, self.fleet.unreachableReason), now: now)
            }
        }
        self.place(now: now)
    }

    /// Seconds that a request waits for a target to be reachable.
    static let patience: Seconds = 10

    /// Ends all calls with `ABORTED`. Clients go on with the coordinator that comes next.
    public mutating func stop(now: Seconds) {
        let ids = Array(self.jobs.ids)
        for id in ids {
            guard let job = self.jobs[id] else { continue }
            self.refuse(Status(.aborted, "the coordinator is shutting down"), to: job.client, job.call)
        }
        self.abandon(ids, .aborted, now: now)
    }

    // MARK: Ends

    /// Tells a client that its request has no text, or no more of it.
    mutating func refuse(_ status: Status, to client: PeerID, _ call: UInt64) {
        self.actions.append(.count(.failed(status.code)))
        self.actions.append(.toClient(client, call: call, .status(status)))
    }

    /// Ends a job with a status for its client.
    mutating func end(_ id: UInt64, _ status: Status, now: Seconds) {
        guard let job = self.jobs[id] else { return }
        self.refuse(status, to: job.client, job.call)
        self.abandon(id, status.code, now: now)
    }

    /// Ends a job that its client does not want any more, or cannot get.
    mutating func abandon(_ id: UInt64, _ code: Status.Code, now: Seconds) {
        self.abandon(CollectionOfOne(id), code, now: now)
    }

    /// Ends jobs; before all of them have ended, none of them is given a slot that becomes free.
    private mutating func abandon(_ ids: some Sequence<UInt64>, _ code: Status.Code, now: Seconds) {
        for id in ids {
            if let place = self.jobs[id]?.place { self.cancel(place) }
            self.forget(id, .failed(code), now: now)
        }
        self.place(now: now)
        self.assignDrafts(now: now)
    }

    /// Forgets a job, and gives its slots to others.
    mutating func remove(_ id: UInt64, _ outcome: TextSummary.Outcome, now: Seconds) {
        self.forget(id, outcome, now: now)
        self.place(now: now)
        self.assignDrafts(now: now)
    }

    /// Forgets a job, and tells what became of it.
    mutating func forget(_ id: UInt64, _ outcome: TextSummary.Outcome, now: Seconds) {
        let place = self.jobs[id]?.place
        self.displace(id)
        if let job = self.jobs[id] {
            self.actions.append(.log(.ended(job.summary(outcome, at: place, now: now))))
        }
        self.jobs.remove(id)
    }
}
