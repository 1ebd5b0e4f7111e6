internal import Executors
internal import ForetokenLinks
internal import ForetokenWire
internal import Logging
internal import OrderedCollections
internal import Speculation

extension TargetService {
    /// Takes what comes over the link.
    func receive(_ event: LinkEvent) {
        let now = self.loop.now
        switch self.reception.receive(event, status: self.status, now: now) {
        case .nothing:
            break
        case .reply(let envelope, let peer):
            _ = self.link?.send(envelope, to: peer)
        case .message(let envelope, let peer):
            self.receive(envelope, from: peer, now: now)
        }
    }

    private var status: Pong {
        Pong(load: Load(slots: self.slots.count, sequences: self.slots.busy), target: self.meter.report)
    }

    private func receive(_ envelope: Envelope, from peer: PeerID, now: Double) {
        let call = Call(owner: peer, call: envelope.call)
        switch envelope.body {
        case .block(let block):
            self.receive(block, from: peer, now: now)
        case .open(let request):
            guard self.opening.count < self.mostOpening else {
                return self.answer(Status(.resourceExhausted, "too many prompts wait to be tokenized"), to: call)
            }
            // A cancel may come before the task begins.
            guard self.opening.insert(call).inserted else { return }
            Task { await self.open(request, for: call) }
        case .assign(let request):
            guard let live = self.live[request.sequence], live.owner == peer else {
                return self.answer(Status(.notFound, "no such sequence"), to: call)
            }
            self.assign(request.sequence, to: request.draft)
            self.send(.acknowledged, to: call)
        case .cancel:
            self.cancel(call)
        default:
            self.answer(Status(.unimplemented, "a target does not take this message"), to: call)
        }
    }

    private func receive(_ block: Block, from peer: PeerID, now: Double) {
        guard let live = self.live[block.sequence], live.draft == peer else {
            // Not told yet that the sequence is over, or another's.
            _ = self.link?.send(Envelope(.release(Release(sequence: block.sequence))), to: peer)
            return
        }
        do {
            if let verdict = try self.live[block.sequence]!.sequence.receive(block, now: now) {
                _ = self.link?.send(Envelope(.verdict(verdict)), to: peer)
            }
            self.step()
        } catch {
            self.settings.logger.warning("Block refused", [.error: "\(error)", .sequence: "\(block.sequence)"])
            self.answer(Status(.invalidArgument, "\(error)"), to: Call(owner: peer, call: 0))
        }
    }

    private func cancel(_ call: Call) {
        if self.opening.remove(call) != nil {
            return self.answer(Status(.cancelled), to: call)
        }
        for (id, live) in self.live where live.owner == call.owner && live.call == call.call {
            return self.end(id, Status(.cancelled))
        }
    }

    /// Looks for silent peers, now and regularly.
    func keepTime() {
        guard self.link != nil else { return }
        for peer in self.reception.takeLost(now: self.loop.now) {
            self.lose(draft: peer)
            self.lose(owner: peer)
        }
        self.loop.schedule(at: self.loop.now + self.settings.tick) { [weak self] in
            self?.assumeIsolated { $0.keepTime() }
        }
    }
}
