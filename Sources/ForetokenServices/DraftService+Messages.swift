internal import Executors
internal import ForetokenLinks
internal import ForetokenWire
internal import Logging
internal import Roles
internal import Speculation

extension DraftService {
    // MARK: Coordinators

    /// Takes what comes from coordinators.
    func receive(_ event: LinkEvent) {
        switch self.reception.receive(event, status: self.status, now: self.loop.now) {
        case .nothing:
            break
        case .reply(let envelope, let peer):
            _ = self.link?.send(envelope, to: peer)
        case .message(let envelope, let peer, _):
            let call = Call(owner: peer, call: envelope.call)
            switch envelope.body {
            case .attach(let request): self.attach(request.address, for: call)
            case .quote(let quote) where self.reception[peer]?.role == .coordinator: self.take(quote)
            case .cancel: break
            default: self.answer(.status(Status(.unimplemented, "a draft does not take this message")), to: call)
            }
        }
    }

    private var status: Pong {
        let reports = self.targets.keys.sorted().compactMap { self.outlooks[$0]?.latest?.report(of: $0) }
        return Pong(load: self.load, drafts: reports)
    }

    /// Learns what a target does for others.
    private func take(_ quote: Quote) {
        guard self.targets[quote.target] != nil else { return }
        self.outlooks[quote.target, default: Outlooks()].take(quote.report, now: self.loop.now)
    }

    private func answer(_ body: Envelope.Body, to call: Call) {
        _ = self.link?.send(Envelope(call: call.call, body), to: call.owner)
    }

    /// Greets a target, and keeps greeting it; the call is answered once the target has.
    private func attach(_ address: String, for call: Call) {
        if self.targets[address]?.isUp == true { return self.answer(.acknowledged, to: call) }
        self.attaching[address, default: []].removeAll { $0.owner == call.owner }
        self.attaching[address]!.append(call)
        guard self.targets[address] == nil else { return }
        guard self.targets.count < Self.mostTargets else {
            let full = Status(.resourceExhausted, "this draft has \(Self.mostTargets) targets already")
            return self.finishAttaching(address, .status(full))
        }
        do {
            let link = try self.network.connect(to: address, on: self.loop) { [weak self] event in
                self?.assumeIsolated { $0.receive(event, from: address) }
            }
            var connection = Connection(link: link, peer: self.peer)
            connection.start(now: self.loop.now)
            self.targets[address] = connection
        } catch {
            self.finishAttaching(address, .status(Status(.invalidArgument, "\(error)")))
        }
    }

    private func finishAttaching(_ address: String, _ body: Envelope.Body) {
        for call in self.attaching.removeValue(forKey: address) ?? [] { self.answer(body, to: call) }
    }

    // MARK: Targets

    private func receive(_ event: LinkEvent, from address: String) {
        guard case .message(let envelope, _, _) = event, self.targets[address] != nil else { return }
        self.carryOut(self.targets[address]!.receive(envelope, now: self.loop.now), at: address)
        switch envelope.body {
        case .pong:
            guard let roundTrip = self.targets[address]?.state.latestRoundTrip else { return }
            self.outlooks[address, default: Outlooks()].hear(roundTrip: roundTrip, now: self.loop.now)
        case .mirror(let request): self.mirror(request, of: address)
        case .verdict(let verdict): self.receive(verdict, from: address)
        case .release(let release): self.release(Key(target: address, sequence: release.sequence))
        case .status(let status) where self.targets[address]?.isUp == true:
            self.settings.logger.warning("Target objects", [.target: address, .reason: status.message])
        default: break
        }
    }

    private func carryOut(_ changes: [Connection.Change], at address: String) {
        for change in changes {
            switch change {
            case .up(let peer):
                self.settings.logger.info("Target reached", [.target: address, .peer: peer.name])
                self.finishAttaching(address, .acknowledged)
            case .lost(let reason):
                self.settings.logger.warning("Target lost", [.target: address, .reason: reason])
                self.releaseAll(of: address)
            case .refused(let status):
                self.settings.logger.error("Target refuses this draft", [.target: address, .reason: status.message])
                self.finishAttaching(address, .status(status))
            }
        }
    }

    /// Looks at the clock, now and regularly.
    func keepTime() {
        guard self.link != nil else { return }
        let now = self.loop.now
        for peer in self.reception.takeLost(now: now) {
            for address in self.attaching.keys { self.attaching[address]?.removeAll { $0.owner == peer } }
        }
        for address in Array(self.targets.keys) {
            self.carryOut(self.targets[address]?.tick(now: now) ?? [], at: address)
        }
        self.askOverdue()
        self.loop.schedule(at: now + self.settings.tick) { [weak self] in
            self?.assumeIsolated { $0.keepTime() }
        }
    }
}
