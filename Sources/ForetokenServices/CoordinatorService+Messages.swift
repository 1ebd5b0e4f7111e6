internal import Executors
internal import ForetokenLinks
internal import ForetokenWire
internal import Logging
internal import OrderedCollections
internal import Roles
internal import Speculation

extension CoordinatorService {
    /// Seconds that a request waits for a target to be reachable.
    private static let patience = 10.0

    // MARK: Clients

    /// Takes what comes from clients.
    func receive(_ event: LinkEvent) {
        switch self.reception.receive(event, status: Pong(load: self.load), now: self.loop.now) {
        case .nothing:
            break
        case .reply(let envelope, let peer):
            // A call that could not be read has failed too.
            if envelope.call != 0, case .status(let status) = envelope.body, status.code == .invalidArgument {
                self.metrics.failed(status.code)
            }
            _ = self.link?.send(envelope, to: peer)
        case .message(let envelope, let peer, _):
            switch envelope.body {
            case .generate(let generate):
                self.generate(
                    generate.request, client: peer, call: envelope.call,
                    timeoutMilliseconds: envelope.timeoutMilliseconds)
            case .cancel:
                for (id, job) in self.jobs where job.client == peer && job.call == envelope.call {
                    self.end(id, Status(.cancelled))
                }
            case .describe:
                self.send(.description(self.description), to: peer, envelope.call)
            default:
                let status = Status(
                    .unimplemented,
                    "a coordinator does not take this message; run the same release of foretoken on both sides")
                self.send(.status(status), to: peer, envelope.call)
            }
        }
    }

    private var load: Load {
        let placed = self.jobs.values.lazy.filter { $0.place != nil }.count
        return Load(slots: self.fleet.slots, sequences: placed, waiting: self.jobs.count - placed)
    }

    private var description: Description {
        func member(_ address: String, _ peer: Peer?, _ reason: String, _ load: Load) -> Member {
            let roundTrip = self.connections[address]?.state.roundTrip ?? 0
            return Member(
                address: address, reachable: peer != nil, reason: reason, peer: peer, load: load,
                roundTripMicroseconds: UInt64(max(0, roundTrip * 1e6)), target: self.market.report(of: address),
                drafts: self.market.reports(of: address))
        }
        return Description(
            targets: self.fleet.targets.map { member($0, $1.peer, $1.reason, $1.load) },
            drafts: self.fleet.drafts.map { member($0, $1.peer, $1.reason, $1.load) },
            load: self.load)
    }

    // MARK: Targets and drafts

    /// Takes what comes from a target or a draft.
    func receive(_ event: LinkEvent, from member: String) {
        guard case .message(let envelope, _, _) = event, self.connections[member] != nil else { return }
        self.carryOut(self.connections[member]!.receive(envelope, now: self.loop.now), at: member)
        switch envelope.body {
        case .pong(let pong):
            self.take(pong, from: member)
        case .opened(let opened):
            guard self.jobs[envelope.call]?.place?.target == member else { return }
            self.jobs[envelope.call]!.place!.sequence = opened.sequence
            self.metrics.opened(promptTokens: opened.promptTokens)
            self.assignDrafts()
        case .committed(let committed):
            guard self.jobs[envelope.call]?.place?.target == member else {
                // Nobody's any more: the target was thought lost.
                self.send(.cancel, to: member, envelope.call)
                return
            }
            self.relay(committed, of: envelope.call)
        case .assign(let news):
            self.hasNoDraft(envelope.call, news)
        case .acknowledged:
            guard let (draft, target) = self.attaching.removeValue(forKey: envelope.call) else { return }
            self.fleet.drafts[draft]?.attached.insert(target)
            self.assignDrafts()
            self.tellReady()
        case .status(let status):
            self.receive(status, on: envelope.call, from: member)
        default:
            break
        }
    }

    // MARK: Costs

    /// Takes how a member is, and what it reports of costs.
    private func take(_ pong: Pong, from member: String) {
        if self.fleet.targets[member] != nil {
            self.fleet.targets[member]!.load = pong.load
            guard let report = pong.target else { return }
            self.market.take(report, of: member)
        } else if self.fleet.drafts[member] != nil {
            self.fleet.drafts[member]!.load = pong.load
            for target in self.fleet.targets.keys {
                guard var report = pong.drafts.first(where: { $0.target == self.fleet.reachedAt(target) }) else {
                    continue
                }
                report.target = target
                self.market.take(report, of: member)
            }
        }
    }

    private func receive(_ status: Status, on call: UInt64, from member: String) {
        if let (draft, target) = self.attaching.removeValue(forKey: call) {
            self.fleet.drafts[draft]?.reason = status.message
            self.settings.logger.error(
                "Draft cannot work for target", [.draft: draft, .target: target, .reason: status.message])
            return
        }
        guard self.jobs[call]?.place?.target == member else { return }
        if status.code == .resourceExhausted || status.code == .unavailable {
            // Another coordinator was faster, or the target is leaving: wait for a slot again.
            self.requeue(call)
            return
        }
        let job = self.jobs[call]!
        self.refuse(status, to: job.client, job.call)
        self.remove(call)
    }

    /// The target tells that a sequence has no draft, or no more.
    private func hasNoDraft(_ call: UInt64, _ news: AssignRequest) {
        guard let place = self.jobs[call]?.place, place.sequence == news.sequence, let draft = place.draft else {
            return
        }
        self.jobs[call]!.place!.loseDraft()
        self.fleet.drafts[draft]?.sequences -= 1
        self.fleet.drafts[draft]?.attached.remove(place.target)
        self.assignDrafts()
    }

    private func carryOut(_ changes: [Connection.Change], at member: String) {
        for change in changes {
            switch change {
            case .up(let peer): self.reached(member, peer)
            case .lost(let reason): self.lost(member, reason)
            case .refused(let status): self.lost(member, status.message)
            }
        }
    }

    private func reached(_ member: String, _ peer: Peer) {
        let role: Role = self.fleet.targets[member] != nil ? .target : .draft
        guard peer.role == role else {
            return self.lost(member, "a \(peer.role.rawValue) answers there, not a \(role.rawValue)")
        }
        guard role == .draft || self.fleet.canReplaceTargets(peer) else {
            let model = peer.model.map { ", \($0.name) of \($0.parameters) parameters," } ?? ""
            return self.lost(
                member,
                "its model\(model) is not that of the other targets, which it may have to replace; a coordinator serves "
                    + "one model")
        }
        self.settings.logger.info("Reached", [.role: role.rawValue, .address: member, .peer: peer.name])
        self.fleet.targets[member]?.peer = peer
        self.fleet.targets[member]?.reason = ""
        self.fleet.drafts[member]?.peer = peer
        self.fleet.drafts[member]?.reason = ""
        self.attachAt = 0
        self.attachDrafts()
        self.place()
        self.tellReady()
    }

    private func lost(_ member: String, _ reason: String) {
        self.settings.logger.warning("Lost", [.address: member, .reason: reason])
        if self.fleet.targets[member] != nil {
            self.fleet.targets[member]!.peer = nil
            self.fleet.targets[member]!.reason = reason
            self.market.lose(target: member)
            for (id, job) in self.jobs where job.place?.target == member { self.rescue(id) }
            for draft in self.fleet.drafts.keys { self.fleet.drafts[draft]!.attached.remove(member) }
            self.place()
        } else if self.fleet.drafts[member] != nil {
            self.fleet.drafts[member]!.peer = nil
            self.fleet.drafts[member]!.reason = reason
            self.market.lose(draft: member)
            self.fleet.drafts[member]!.attached = []
            self.attaching = self.attaching.filter { $0.value.draft != member }
            for (id, job) in self.jobs where job.place?.draft == member { self.jobs[id]!.place!.loseDraft() }
            self.fleet.drafts[member]!.sequences = 0
            self.assignDrafts()
        }
    }

    /// Asks every draft to greet every target that has not welcomed it yet.
    private func attachDrafts() {
        guard self.loop.now >= self.attachAt else { return }
        self.attachAt = self.loop.now + Double(self.settings.heartbeatMilliseconds) / 1000
        for (draft, state) in self.fleet.drafts where state.peer != nil {
            for (target, targetState) in self.fleet.targets {
                guard targetState.peer != nil, !state.attached.contains(target) else { continue }
                // Asking twice does no harm, and an answer may have been lost.
                self.attaching = self.attaching.filter { $0.value != (draft, target) }
                let call = self.newCall()
                self.attaching[call] = (draft, target)
                self.send(.attach(AttachRequest(address: self.fleet.reachedAt(target))), to: draft, call)
            }
        }
    }

    // MARK: Time

    /// Looks at the clock, now and regularly.
    func keepTime() {
        guard self.link != nil else { return }
        let now = self.loop.now
        for client in self.reception.takeLost(now: now) { self.lose(client: client) }
        for member in Array(self.connections.keys) {
            self.carryOut(self.connections[member]?.tick(now: now) ?? [], at: member)
        }
        self.attachDrafts()
        for (id, job) in self.jobs {
            if now >= job.deadline {
                self.end(id, Status(.deadlineExceeded, "the deadline has passed"))
            } else if job.place == nil, !self.fleet.hasReachableTarget, now - job.waitingSince > Self.patience {
                self.end(id, Status(.unavailable, self.fleet.unreachableReason))
            }
        }
        self.place()
        self.metrics.show(Reading.all(self.fleet, self.market, self.load))
        self.loop.schedule(at: now + self.settings.tick) { [weak self] in
            self?.assumeIsolated { $0.keepTime() }
        }
    }
}
