public import ForetokenWire
internal import OrderedCollections
public import Speculation

/// Which targets a draft keeps in touch with.
///
/// A coordinator asks for them, again and again while it misses one. Each costs a socket, so those that do not answer
/// give way: to another where there are many, and in time to nobody.
extension DraftState {
    /// Most targets at once.
    static let mostTargets = 64
    /// Seconds after which a target is dropped that does not answer, and that nobody asks for.
    static let longestAbsence: Seconds = 180

    /// Greets a target, and keeps greeting it; the call is answered once the target has.
    ///
    /// - Parameter key: the target's public key; empty where the links have none.
    public mutating func attach(_ address: String, key: String = "", for call: Call, now: Seconds) {
        // Coordinators may know different keys while keys are changed; a connection that is up has the right one.
        if let target = self.targets[address], target.key != key, target.downSince != nil {
            self.drop(address, .status(Status(.unavailable, "the target has another key now")))
        }
        if let target = self.targets[address] {
            self.targets[address]!.askedAt = now
            if target.downSince == nil { return self.answer(.acknowledged, to: call) }
        } else {
            if self.targets.count == Self.mostTargets { self.makeRoom() }
            guard self.targets.count < Self.mostTargets else {
                let full = Status(.resourceExhausted, "this draft has \(Self.mostTargets) targets already")
                return self.answer(.status(full), to: call)
            }
            self.targets[address] = Target(key: key, downSince: now, askedAt: now)
            self.actions.append(.connect(address, key: key))
        }
        self.targets[address]!.calls.removeAll { $0.owner == call.owner }
        self.targets[address]!.calls.append(call)
    }

    /// The target that has not answered for longest gives way.
    private mutating func makeRoom() {
        let down = self.targets.filter { $0.value.downSince != nil }
        guard let longest = down.min(by: { $0.value.downSince! < $1.value.downSince! }) else { return }
        self.drop(longest.key, .status(Status(.unavailable, "the target did not answer, and gave way to another")))
    }

    mutating func dropForgotten(now: Seconds) {
        for (address, target) in self.targets {
            guard let since = target.downSince, now - max(since, target.askedAt) > Self.longestAbsence else { continue }
            self.drop(address, .status(Status(.unavailable, "the target does not answer")))
        }
    }

    private mutating func drop(_ address: String, _ answer: Envelope.Body) {
        self.actions.append(.log(.dropped(target: address)))
        self.forget(address, answer)
        self.actions.append(.disconnect(address))
    }

    private mutating func forget(_ address: String, _ answer: Envelope.Body) {
        self.releaseAll(of: address)
        self.finishAttaching(address, answer)
        self.targets[address] = nil
        self.outlooks[address] = nil
    }

    private mutating func finishAttaching(_ address: String, _ body: Envelope.Body) {
        for call in self.targets[address]?.calls ?? [] { self.answer(body, to: call) }
        self.targets[address]?.calls = []
    }

    private mutating func answer(_ body: Envelope.Body, to call: Call) { self.actions.append(.answer(body, to: call)) }

    // MARK: What comes of it

    /// The target has welcomed the draft.
    public mutating func reached(_ target: String) {
        self.targets[target]?.downSince = nil
        self.finishAttaching(target, .acknowledged)
    }

    /// The target does not answer any more.
    public mutating func lost(_ target: String, now: Seconds) {
        if self.targets[target]?.downSince == nil { self.targets[target]?.downSince = now }
        self.releaseAll(of: target)
    }

    /// The target does not take this draft; it is asked again now and then.
    public mutating func refused(_ target: String, _ status: Status, now: Seconds) {
        self.lost(target, now: now)
        self.finishAttaching(target, .status(status))
    }

    /// The target cannot be reached for, as where its address is not one.
    public mutating func failedToConnect(_ target: String, _ status: Status) {
        self.forget(target, .status(status))
    }

    /// A coordinator is gone.
    public mutating func lose(_ peer: PeerID) {
        for index in self.targets.values.indices { self.targets.values[index].calls.removeAll { $0.owner == peer } }
    }

    /// The target has answered a heartbeat.
    ///
    /// - Parameters:
    ///   - roundTrip: that it measured; `nil` where it measured none.
    ///   - report: what the target tells of its passes; `nil` before the first.
    public mutating func heard(roundTrip: Seconds?, _ report: TargetReport?, from target: String, now: Seconds) {
        guard self.targets[target] != nil else { return }
        if let report { self.outlooks[target, default: Outlooks()].take(report, now: now) }
        if let roundTrip { self.outlooks[target, default: Outlooks()].hear(roundTrip: roundTrip, now: now) }
    }
}
