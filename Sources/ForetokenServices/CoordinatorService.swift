public import CoreMetrics
public import Executors
public import ForetokenLinks
internal import ForetokenWire
internal import Logging
internal import OrderedCollections
internal import Roles
internal import Speculation

/// Places requests on targets and drafts, relays committed tokens to clients and keeps them, and watches everybody.
///
/// It is off the path of a round: blocks and verdicts go straight between draft and target.
public actor CoordinatorService {
    nonisolated let loop: any Loop
    let network: any Network
    let settings: ServiceSettings
    let peer: Peer
    /// Requests that wait for a slot at most; more are refused.
    let mostWaiting: Int
    var link: (any Link)?
    var reception: Reception
    var fleet: Fleet
    var market = Market()
    var metrics: CoordinatorMetrics
    /// To targets and drafts, by address.
    var connections: [String: Connection] = [:]
    /// By the number of the call to the target.
    var jobs: OrderedDictionary<UInt64, Job> = [:]
    /// Attach calls under way: draft and target by the number of the call.
    var attaching: [UInt64: (draft: String, target: String)] = [:]
    /// When drafts are next asked to attach where they are not.
    var attachAt = 0.0
    private var nextCall: UInt64 = 0
    private var chosen = 0
    /// Who waits for `ready`.
    private var awaitingReady: [CheckedContinuation<Void, Never>] = []

    public nonisolated var unownedExecutor: UnownedSerialExecutor { self.loop.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - targets: addresses, at least one.
    ///   - drafts: addresses; without any the targets work alone.
    ///   - metrics: takes what is counted; what it may tell of is in `metricDescriptions`.
    public init(
        targets: [String], drafts: [String], network: any Network, loop: any Loop, settings: ServiceSettings,
        mostWaiting: Int = 256, metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        self.metrics = CoordinatorMetrics(metrics)
        self.network = network
        self.loop = loop
        self.settings = settings
        self.mostWaiting = mostWaiting
        self.fleet = Fleet(targets: targets, drafts: drafts)
        self.peer = settings.peer(role: .coordinator)
        self.reception = Reception(peer: self.peer)
    }

    /// Listens for clients, and reaches for targets and drafts, now and again after every loss.
    ///
    /// - Returns: where it really listens.
    public func start(at address: String) throws(LinkError) -> String {
        let link = try self.network.listen(at: address, on: self.loop) { [weak self] event in
            self?.assumeIsolated { $0.receive(event) }
        }
        for member in Array(self.fleet.targets.keys) + Array(self.fleet.drafts.keys) {
            let link = try self.network.connect(to: member, on: self.loop) { [weak self] event in
                self?.assumeIsolated { $0.receive(event, from: member) }
            }
            var connection = Connection(link: link, peer: self.peer)
            connection.start(now: self.loop.now)
            self.connections[member] = connection
        }
        self.link = link
        self.keepTime()
        return link.address
    }

    /// Ends all calls with `ABORTED`, and closes the links. Clients go on with the coordinator that comes next.
    public func stop() {
        for id in self.jobs.keys { self.end(id, Status(.aborted, "the coordinator is shutting down")) }
        self.tellReady(force: true)
        for connection in self.connections.values { connection.link.close() }
        self.connections = [:]
        self.link?.close()
        self.link = nil
    }

    /// Waits until every target is reached and every draft drafts for all of them, or until `patience` is over.
    public func ready(within patience: Duration = .seconds(5)) async {
        let (seconds, attoseconds) = patience.components
        let end = self.loop.now + Double(seconds) + Double(attoseconds) * 1e-18
        let alarm = self.loop.schedule(at: end) { [weak self] in self?.assumeIsolated { $0.tellReady(force: true) } }
        await withCheckedContinuation {
            self.awaitingReady.append($0)
            self.tellReady()
        }
        self.loop.cancel(alarm)
    }

    /// Tells those who wait for it, once everybody is there.
    func tellReady(force: Bool = false) {
        guard force || self.fleet.isComplete else { return }
        for waiting in self.awaitingReady { waiting.resume() }
        self.awaitingReady = []
    }

    func newCall() -> UInt64 {
        self.nextCall += 1
        return self.nextCall
    }

    // MARK: Requests

    func generate(_ request: Request, client: PeerID, call: UInt64, timeoutMilliseconds: UInt32) {
        let now = self.loop.now
        // A client that was thought lost asks again for what is still under way.
        let former = self.jobs.filter { $0.value.client == client && $0.value.call == call }
        for id in former.keys { self.abandon(id) }
        do {
            guard !request.prompt.isEmpty else {
                throw Status(.invalidArgument, "the prompt is empty: give a text, a message or a token")
            }
            guard self.jobs.values.lazy.filter({ $0.place == nil }).count < self.mostWaiting else {
                throw Status(.resourceExhausted, "\(self.mostWaiting) requests wait already; try again later")
            }
            let deadline = timeoutMilliseconds > 0 ? now + Double(timeoutMilliseconds) / 1000 : .infinity
            var job = Job(
                client: client, call: call, request: request, rule: request.lookahead, deadline: deadline, now: now)
            for known in former.values { job.inherit(known) }
            self.jobs[self.newCall()] = job
            self.place()
        } catch let status as Status {
            self.refuse(status, to: client, call)
        } catch {
            self.refuse(Status(.invalidArgument, "\(error)"), to: client, call)
        }
    }

    /// Tells a client that its request has no text, or no more of it.
    func refuse(_ status: Status, to client: PeerID, _ call: UInt64) {
        self.metrics.failed(status.code)
        self.send(.status(status), to: client, call)
    }

    /// Gives waiting requests to targets with free slots, first come first served.
    func place() {
        for id in Array(self.jobs.keys) {
            // A request that cannot be sent makes room for others, which are placed before this comes to them.
            guard let job = self.jobs[id], job.place == nil else { continue }
            guard let target = self.fleet.chooseTarget() else { return }
            var draft = job.rule == .off ? nil : self.fleet.chooseDraft(for: target)
            let rule = job.rule.flatMap { $0 == .marginal ? nil : $0 } ?? self.chooseRule(target, draft)
            if rule == .off { draft = nil }
            if rule != .off && draft == nil && !self.fleet.drafts.isEmpty {
                self.settings.logger.warning("No draft is ready; the target goes on alone", [.target: target])
            }
            self.jobs[id]!.place = Job.Place(
                target: target, since: self.loop.now, draft: draft, rule: rule)
            self.fleet.targets[target]!.sequences += 1
            if let draft { self.fleet.drafts[draft]!.sequences += 1 }
            let open = OpenRequest(
                request: job.request, draft: draft.flatMap { self.fleet.drafts[$0]?.peer?.name } ?? "",
                lookahead: rule)
            switch self.send(.open(open), to: target, id) {
            case .sent:
                guard job.isReopened else { break }
                self.metrics.failedOver(.target)
                self.jobs[id]?.resume()
            case .unreachable: self.requeue(id)
            case .full:
                self.end(
                    id,
                    Status(
                        .resourceExhausted,
                        "no message to a target has room for the request now; shorten the prompt or try again later"))
            }
        }
    }

    /// The rule that prices each token, which is the same as none that a request names; where it hardly ever drafts with
    /// that draft, the target alone, and a try now and then that notices a change. A draft that rests still computes the
    /// prompt, perhaps on a core of the target's.
    private func chooseRule(_ target: String, _ draft: String?) -> LookaheadRule {
        guard !self.fleet.drafts.isEmpty else { return .off }
        guard let draft else { return .marginal }
        self.chosen += 1
        return self.market.pays(draft: draft, for: target) || self.chosen % 16 == 0 ? .marginal : .off
    }

    /// Gives drafts to sequences that want one and have none.
    func assignDrafts() {
        for (id, job) in self.jobs {
            guard let place = job.place, place.draft == nil, place.rule != .off, let sequence = place.sequence,
                let draft = self.fleet.chooseDraft(for: place.target), let name = self.fleet.drafts[draft]?.peer?.name
            else { continue }
            if place.hasLostDraft { self.metrics.failedOver(.draft) }
            self.jobs[id]!.place!.draft = draft
            self.jobs[id]!.place!.hasLostDraft = false
            self.fleet.drafts[draft]!.sequences += 1
            self.settings.logger.info("Draft takes over", [.draft: name, .target: place.target])
            self.send(.assign(AssignRequest(sequence: sequence, draft: name)), to: place.target, self.newCall())
        }
    }

    /// Gives a job's slots back.
    private func displace(_ id: UInt64) {
        guard let place = self.jobs[id]?.place else { return }
        self.fleet.targets[place.target]?.sequences -= 1
        if let draft = place.draft { self.fleet.drafts[draft]?.sequences -= 1 }
        self.jobs[id]!.leave()
    }

    /// Lets a job wait again, before all others: its target is lost, or had no slot.
    ///
    /// It gets another number, so that what the former target still sends is not taken for the new one's.
    func requeue(_ id: UInt64) {
        let wasOpen = self.jobs[id]?.place?.sequence != nil
        self.displace(id)
        guard var job = self.jobs.removeValue(forKey: id) else { return }
        job.waitingSince = self.loop.now
        job.isReopened = job.isReopened || wasOpen
        self.jobs.updateValue(job, forKey: self.newCall(), insertingAt: 0)
    }

    /// The target of a job is lost: it waits for another one, unless it was on too many when they were lost.
    func rescue(_ id: UInt64) {
        guard self.jobs[id]?.loseTarget(now: self.loop.now) == false else { return self.requeue(id) }
        self.settings.logger.error("Targets were lost one after the other under the same request; it is ended")
        let job = self.jobs[id]!
        self.refuse(
            Status(
                .internalError,
                """
                \(Job.mostLosses) targets were lost while they had this request, and it is not tried on another; the \
                logs of the targets tell why they went silent
                """), to: job.client, job.call)
        self.displace(id)
        self.jobs[id] = nil
    }

    /// Opens a job's sequence anew behind the tokens that are here: tokens were lost on the way, as when a connection
    /// breaks and is back before anyone is missed.
    private func resume(_ id: UInt64) {
        guard let place = self.jobs[id]?.place else { return }
        self.settings.logger.warning("Tokens lost on the way; sequence opened anew", [.target: place.target])
        self.send(.cancel, to: place.target, id)
        self.requeue(id)
        self.place()
    }

    func remove(_ id: UInt64) {
        self.displace(id)
        self.jobs[id] = nil
        self.place()
    }

    /// Ends a job that its client does not want any more, or cannot get.
    func abandon(_ id: UInt64) {
        if let place = self.jobs[id]?.place { self.send(.cancel, to: place.target, id) }
        self.remove(id)
    }

    /// Ends a job with a status for its client.
    func end(_ id: UInt64, _ status: Status) {
        guard let job = self.jobs[id] else { return }
        self.refuse(status, to: job.client, job.call)
        self.abandon(id)
    }

    // MARK: Tokens

    func relay(_ committed: Committed, of id: UInt64) {
        guard self.jobs[id]?.place != nil else { return }
        if let statistics = committed.statistics {
            self.metrics.count(statistics, since: self.jobs[id]!.place!.statistics)
        }
        guard let fresh = self.jobs[id]!.take(committed) else { return self.resume(id) }
        self.count(fresh, of: id)
        let job = self.jobs[id]!
        if fresh.finish != nil { self.remove(id) }
        switch self.link?.send(Envelope(call: job.call, .committed(fresh)), to: job.client) {
        case .sent, nil: break
        case .unreachable: self.lose(client: job.client)
        case .full:
            self.settings.logger.warning("Client does not take its tokens; call ended", [.call: "\(job.call)"])
            self.metrics.failed(.resourceExhausted)
            self.abandon(id)
        }
    }

    /// Counts tokens that leave for a client now.
    private func count(_ fresh: Committed, of id: UInt64) {
        let now = self.loop.now
        if !fresh.pieces.isEmpty {
            self.metrics.left(fresh.pieces.count, after: self.jobs[id]!.pace.leave(at: now))
        }
        if let finish = fresh.finish { self.metrics.finished(finish, after: now - self.jobs[id]!.pace.askedAt) }
    }

    /// A client is gone: what it asked for is ended, and slots are free again.
    func lose(client: PeerID) {
        self.reception.remove(client)
        let lost = self.jobs.filter { $0.value.client == client }.map(\.key)
        for id in lost {
            self.metrics.failed(.cancelled)
            self.abandon(id)
        }
        if !lost.isEmpty { self.settings.logger.warning("Client lost; its calls are ended", [.call: "\(lost.count)"]) }
    }

    func send(_ body: Envelope.Body, to client: PeerID, _ call: UInt64) {
        _ = self.link?.send(Envelope(call: call, body), to: client)
    }

    @discardableResult
    func send(_ body: Envelope.Body, to member: String, _ call: UInt64) -> SendResult {
        self.connections[member]?.link.send(Envelope(call: call, body), to: .only) ?? .unreachable
    }
}
