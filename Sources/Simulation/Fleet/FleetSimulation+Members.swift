internal import DequeModule
internal import ForetokenWire
internal import Roles
internal import Speculation

/// Carries out what the members decide.
extension FleetSimulation {
    /// Hands over what is on its way from and to the coordinator, until nothing is.
    mutating func deliver() {
        while let delivery = self.deliveries.popFirst() {
            switch delivery {
            case .toCoordinator(let body, let call, let member):
                self.coordinator.receive(body, call: call, from: member, now: self.clock.now)
                self.carryOutCoordinator()
            case .toTarget(let target, let body, let call):
                self.hear(body, call: call, atTarget: target)
            case .toDraft(let draft, let body, let call):
                self.hear(body, call: call, atDraft: draft)
            }
        }
    }

    // MARK: The coordinator

    mutating func carryOutCoordinator() {
        while !self.coordinator.actions.isEmpty {
            var actions: [CoordinatorState.Action] = []
            swap(&actions, &self.coordinatorActions)
            swap(&actions, &self.coordinator.actions)
            for action in actions {
                switch action {
                case .toClient(_, let call, let body): self.take(body, ofRequest: Int(call))
                case .toMember(let member, let call, let body): self.post(body, call: call, to: member)
                case .count(.failedOver(.target)): self.tally.reopened += 1
                case .connect, .disconnect, .forget, .count, .log: break
                }
            }
            actions.removeAll(keepingCapacity: true)
            swap(&actions, &self.coordinatorActions)
        }
    }

    /// Members are down silently: what is sent to one that is, is lost.
    private mutating func post(_ body: Envelope.Body, call: UInt64, to member: String) {
        guard let index = Int(member.dropFirst()) else { return }
        if member.first == "t" {
            if self.targets[index].isUp { self.deliveries.append(.toTarget(index, body, call: call)) }
        } else if self.drafts[index].isUp {
            self.deliveries.append(.toDraft(index, body, call: call))
        }
    }

    // MARK: Targets

    private mutating func hear(_ body: Envelope.Body, call number: UInt64, atTarget target: Int) {
        let call = Call(owner: Self.coordinatorID, number: number)
        switch body {
        case .open(let request):
            guard case .tokens(let tokens) = request.request.prompt else { return }
            self.opening[number] = Int(tokens[0])
            self.targets[target].state.open(request, for: call)
        case .assign(let request):
            self.targets[target].state.assign(request, for: call, now: self.clock.now, peer: self.draftID(named:))
        case .cancel:
            self.targets[target].state.cancel(call)
        default: return
        }
        self.carryOut(target: target)
    }

    /// The draft of a name, if it is alive.
    private func draftID(named name: String) -> PeerID? {
        let parts = name.dropFirst().split(separator: ".")
        guard parts.count == 2, let index = Int(parts[0]), let life = Int(parts[1]), self.drafts[index].life == life,
            self.drafts[index].isUp
        else { return nil }
        return self.drafts[index].id
    }

    mutating func carryOut(target: Int) {
        // Its memory is used again, unless this is carried out within itself.
        var actions: [TargetState.Action] = []
        swap(&actions, &self.targetActions)
        while self.targets[target].state.takeActions(&actions) {
            for action in actions { self.carryOut(action, target) }
        }
        swap(&actions, &self.targetActions)
    }

    private mutating func carryOut(_ action: TargetState.Action, _ target: Int) {
        let life = self.targets[target].life
        switch action {
        case .prepare(.tokens(let tokens), stop: _, addsOwnStops: _, let ticket):
            self.targets[target].state.prepared(
                ticket, .success(PreparedPrompt(tokens: tokens, stop: .none)), now: self.clock.now,
                peer: self.draftID(named:))
        case .run(let parts):
            let seconds = self.targets[target].begin(parts, now: self.clock.now)
            guard self.threads.areShared else {
                return self.clock.schedule(.passEnds(target: target, life: life), after: seconds)
            }
            self.threads.ask(.pass(target: target, life: life, seconds))
            self.takeTurns(on: self.threads.thread(of: target))
        case .send(let body, let peer, let call) where peer == Self.coordinatorID:
            if case .opened(let opened) = body { self.opened(opened.sequence, call: call) }
            self.deliveries.append(.toCoordinator(body, call: call, from: self.targets[target].address))
        case .send(let body, let peer, _):
            self.send(body, from: target, to: peer)
        case .wake(let instant):
            self.clock.schedule(.alarm(target: target, life: life), at: instant)
        case .prepare, .empty, .forget, .log:
            break
        }
    }

    private mutating func send(_ body: Envelope.Body, from target: Int, to peer: PeerID) {
        let index = Int(peer.bytes[0]) | Int(peer.bytes[1]) << 8
        guard self.drafts[index].id == peer else { return }
        if case .mirror(let request) = body { self.drafters[request.sequence] = index }
        let route = FleetEvent.Route(
            draft: index, draftLife: self.drafts[index].life, target: target, targetLife: self.targets[target].life)
        self.clock.send(
            .toDraft(body, route), tokens: body.tokenCount, draft: index,
            behind: &self.targets[target].sentUntil[index])
    }

    mutating func endPass(of target: Int, _ life: Int) {
        // As on a thread, what waits for it begins before the pass is heard of.
        self.endTurn(of: target)
        guard self.targets[target].life == life else { return }
        let (parts, seconds, queued) = self.targets[target].endPass(now: self.clock.now)
        let walks = parts.map { part in part.entry.pass.chooses ? self.walk(part) : nil }
        for (part, walk) in zip(parts, walks) {
            guard let walk, let number = self.numbers[part.sequence] else { continue }
            self.targets[target].counts.parts += 1
            self.targets[target].counts.tokens += walk.choices.count
            self.brought[number] = Brought(
                candidates: part.entry.pass.candidates.count, accepted: walk.accepted,
                draft: self.drafters[part.sequence])
        }
        self.targets[target].state.passEnded(
            .success(PassOutcome(walks: walks, seconds: seconds, queuedSeconds: queued)), now: self.clock.now)
        self.carryOut(target: target)
    }

    private func walk(_ part: TargetState.Part) -> AcceptanceWalk {
        let first = part.entry.pass.position + part.entry.pass.feed.count
        return AcceptanceWalk(candidates: part.entry.pass.candidates, ends: self.texts.isEnd) { row in
            Choice(token: self.texts.token(at: first + row, of: part.sequence))
        }
    }

    mutating func alarm(_ target: Int, _ life: Int) {
        guard self.targets[target].life == life else { return }
        self.targets[target].state.alarm(now: self.clock.now)
        self.carryOut(target: target)
    }

    mutating func hear(_ body: Envelope.Body, atTarget route: FleetEvent.Route) {
        guard self.targets[route.target].life == route.targetLife, self.targets[route.target].isUp,
            self.drafts[route.draft].life == route.draftLife
        else { return }
        let (peer, now) = (self.drafts[route.draft].id, self.clock.now)
        switch body {
        case .block(let block): self.targets[route.target].state.hear(.block(block), ofBytes: 0, from: peer, now: now)
        case .question(let question):
            self.targets[route.target].state.hear(.question(question), ofBytes: 0, from: peer, now: now)
        case .abstention(let abstention):
            self.targets[route.target].state.hear(.abstention(abstention), ofBytes: 0, from: peer, now: now)
        case .release(let release):
            self.targets[route.target].state.decline(release.sequence, by: peer, now: now)
        default: return
        }
        self.carryOut(target: route.target)
    }

    // MARK: Drafts

    private mutating func hear(_ body: Envelope.Body, call: UInt64, atDraft draft: Int) {
        guard case .attach(let request) = body else { return }
        self.drafts[draft].state.attach(
            request.address, for: Call(owner: Self.coordinatorID, number: call), now: self.clock.now)
        self.carryOut(draft: draft)
    }

    mutating func hear(_ body: Envelope.Body, atDraft route: FleetEvent.Route) {
        guard self.drafts[route.draft].life == route.draftLife, self.drafts[route.draft].isUp else { return }
        let (address, now) = (self.targets[route.target].address, self.clock.now)
        switch body {
        case .mirror(let request):
            self.exchangeHeartbeat(draft: route.draft, target: route.target)
            self.drafts[route.draft].state.mirror(request, of: address)
        case .verdict(let verdict): self.drafts[route.draft].state.hear(verdict, from: address, now: now)
        case .release(let release): self.drafts[route.draft].state.release(release.sequence, of: address)
        default: return
        }
        self.carryOut(draft: route.draft)
    }

    mutating func carryOut(draft: Int) {
        self.carryOutRequests(of: draft)
        if self.threads.areShared {
            guard self.drafts[draft].hasWork else { return }
            self.threads.ask(.steps(draft: draft, life: self.drafts[draft].life))
            self.takeTurns(on: self.threads.thread(of: draft))
        } else {
            _ = self.beginStep(of: draft)
        }
    }

    private mutating func carryOutRequests(of draft: Int) {
        var actions: [DraftState.Action] = []
        swap(&actions, &self.draftActions)
        var isDone = false
        while !isDone {
            while self.drafts[draft].state.takeActions(&actions) {
                for action in actions { self.carryOut(action, draft: draft) }
            }
            let ended = self.drafts[draft].carryOut(self.texts)
            for (run, outcome) in ended { self.drafts[draft].state.runEnded(run, outcome, now: self.clock.now) }
            isDone = ended.isEmpty
        }
        swap(&actions, &self.draftActions)
    }

    private mutating func beginStep(of draft: Int) -> Bool {
        guard let seconds = self.drafts[draft].beginStep(now: self.clock.now) else { return false }
        self.clock.schedule(.stepEnds(draft: draft, life: self.drafts[draft].life), after: seconds)
        return true
    }

    /// Begins what a shared thread is to do next, unless it is at work.
    private mutating func takeTurns(on thread: Int) {
        while let turn = self.threads.next(on: thread) {
            switch turn {
            case .pass(let target, let life, let seconds):
                if self.targets[target].life == life {
                    return self.clock.schedule(.passEnds(target: target, life: life), after: seconds)
                }
            case .steps(let draft, let life):
                if self.drafts[draft].life == life, self.beginStep(of: draft) { return }
            }
            self.threads.end(on: thread)
        }
    }

    /// A shared thread is done with a pass, or with the steps of a draft in a row.
    private mutating func endTurn(of member: Int) {
        guard self.threads.areShared else { return }
        let thread = self.threads.thread(of: member)
        self.threads.end(on: thread)
        self.takeTurns(on: thread)
    }

    private mutating func carryOut(_ action: DraftState.Action, draft: Int) {
        switch action {
        case .begin(let order, let run, _): self.drafts[draft].ask(.begin(order, run))
        case .cancel(let slot): self.drafts[draft].ask(.cancel(slot: slot))
        case .empty(let slot): self.drafts[draft].ask(.empty(slot: slot))
        case .send(let body, let target): self.send(body, from: draft, to: target)
        case .answer(let body, let call):
            self.deliveries.append(.toCoordinator(body, call: call.number, from: self.drafts[draft].address))
        case .connect(let address, _):
            guard let target = self.target(at: address), self.targets[target].isUp else { return }
            self.drafts[draft].state.reached(address)
        case .log(.declined): self.drafts[draft].counts.refused += 1
        case .disconnect, .log: break
        }
    }

    private func target(at address: String) -> Int? { Int(address.dropFirst()) }

    private mutating func send(_ body: Envelope.Body, from draft: Int, to address: String) {
        guard let target = self.target(at: address), self.targets[target].isUp else { return }
        let route = FleetEvent.Route(
            draft: draft, draftLife: self.drafts[draft].life, target: target, targetLife: self.targets[target].life)
        let overhead = if case .block = body { self.drafts[draft].plan.costs.overhead } else { 0.0 }
        self.clock.send(
            .toTarget(body, route), tokens: body.tokenCount, draft: draft, extra: overhead,
            behind: &self.drafts[draft].sentUntil[target])
    }

    mutating func endStep(of draft: Int, _ life: Int) {
        guard self.drafts[draft].life == life else { return self.endTurn(of: draft) }
        for (run, outcome) in self.drafts[draft].endStep(self.texts, now: self.clock.now) {
            self.drafts[draft].state.runEnded(run, outcome, now: self.clock.now)
        }
        guard self.threads.areShared else { return self.carryOut(draft: draft) }
        // Who has asked meanwhile joins the next step.
        self.carryOutRequests(of: draft)
        if !self.drafts[draft].goesOn || !self.beginStep(of: draft) { self.endTurn(of: draft) }
        self.carryOut(draft: draft)
    }

    // MARK: Heartbeats

    /// Everybody answers everybody.
    mutating func exchangeHeartbeats() {
        for target in self.targets where target.isUp {
            let pong = Pong(load: target.state.load, target: target.state.report)
            self.coordinator.heard(pong, from: target.address, now: self.clock.now)
        }
        for draft in self.drafts.indices where self.drafts[draft].isUp {
            if self.hearsDrafts {
                let state = self.drafts[draft].state
                self.coordinator.heard(
                    Pong(load: state.load, drafts: state.reports), from: self.drafts[draft].address,
                    now: self.clock.now)
            }
            for address in self.drafts[draft].state.mirroredTargets {
                guard let target = self.target(at: address) else { continue }
                self.exchangeHeartbeat(draft: draft, target: target)
            }
        }
        self.coordinator.tick(now: self.clock.now)
        self.carryOutCoordinator()
    }

    /// A draft hears of a target's passes, and measures the round trip to it, once in the time of a heartbeat.
    mutating func exchangeHeartbeat(draft: Int, target: Int) {
        let now = self.clock.now
        guard self.targets[target].isUp, now - self.drafts[draft].heardAt[target] >= Self.heartbeat else { return }
        self.drafts[draft].heardAt[target] = now
        self.drafts[draft].state.heard(
            roundTrip: self.clock.roundTrip(draft: draft), self.targets[target].state.report,
            from: self.targets[target].address, now: now)
    }

    mutating func tickDrafts() {
        for draft in self.drafts.indices where self.drafts[draft].isUp && self.drafts[draft].state.load.sequences > 0 {
            self.drafts[draft].state.tick(now: self.clock.now)
            self.carryOut(draft: draft)
        }
    }

    // MARK: Sequences

    /// A sequence begins for the request that a call is about.
    private mutating func opened(_ sequence: UInt64, call: UInt64) {
        guard let number = self.opening.removeValue(forKey: call) else { return }
        self.numbers[sequence] = number
        let request = self.take(placed: number)
        self.texts.open(sequence, text: request.text, prompt: request.promptTokens)
    }
}

extension Envelope.Body {
    /// Tokens that a message carries.
    fileprivate var tokenCount: Int {
        switch self {
        case .block(let block): block.tokens.count
        case .verdict(let verdict): verdict.tokens.count
        case .mirror(let request): request.tokens.count
        default: 0
        }
    }
}
