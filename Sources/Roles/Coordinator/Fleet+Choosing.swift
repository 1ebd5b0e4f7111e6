internal import ForetokenWire
internal import OrderedCollections
internal import Speculation

/// Which target has a text, which draft serves it, and on what terms.
extension Fleet {
    /// The target with the largest share of free slots.
    ///
    /// - Parameter rounding: of the target that has begun the text: those that round alike come first, but the text does
    ///   not wait for one of them. `nil` where it does not matter.
    func chooseTarget(roundingAs rounding: UInt64? = nil, now: Seconds) -> String? {
        let alike = rounding.flatMap { rounding in self.chooseTarget(now: now) { $0.rounding == rounding } }
        return alike ?? self.chooseTarget(now: now) { _ in true }
    }

    func chooseTarget(now: Seconds, where isGood: (Target) -> Bool) -> String? {
        Placement.choose(
            among: self.targets.compactMap { key, target in
                guard now >= target.heldUntil, !target.load.isLeaving, isGood(target) else { return nil }
                return (key: key, occupancy: target.occupancy)
            })
    }

    /// Gains that differ by less are taken to be equal, for what they stand on is measured on a few texts.
    private static let nearness = 1.1

    /// The draft that is predicted to gain most, among those with a free slot that the target has welcomed.
    ///
    /// Of nearly equal ones it is the one with the largest share of free slots. A pair that has measured nothing yet is
    /// taken to be as good as any, and so gets its try.
    func chooseDraft(for target: String) -> String? {
        guard let targetState = self.targets[target] else { return nil }
        var free: [(key: String, occupancy: Placement.Occupancy, gain: Double?, pays: Bool)] = []
        for (key, draft) in self.drafts {
            let occupancy = draft.occupancy
            guard !occupancy.isFull else { continue }
            let pair = draft[target]
            guard pair.isAttached else { continue }
            let expected = draft.expected(at: target, targetState, sharing: occupancy.sequences + 1)
            free.append((key, occupancy, expected?.ratio, Self.pays(pair, expected)))
        }
        if free.contains(where: \.pays) { free.removeAll { !$0.pays } }
        let least = (free.lazy.compactMap(\.gain).max() ?? 1) / Self.nearness
        let near = free.filter { $0.gain ?? .infinity >= least }
        let unknown = near.filter { $0.gain == nil }
        let best = Placement.choose(among: near.lazy.map { (key: $0.key, occupancy: $0.occupancy) })
        guard let best,
            let untried = Placement.choose(among: unknown.lazy.map { (key: $0.key, occupancy: $0.occupancy) })
        else { return best }
        // Of equal shares, the one that nothing is known of.
        return self.drafts[untried]!.occupancy.share <= self.drafts[best]!.occupancy.share ? untried : best
    }

    var hasFreeDraft: Bool { self.drafts.values.contains { !$0.occupancy.isFull } }

    /// Whether a draft is to mirror one more text of a target. It is worth the trouble where the rules there draft at all, as
    /// far as they were seen, where it is not too slow or too far away for any, and where it does not take more of the
    /// target's time than it saves; otherwise it is tried now and then.
    mutating func isDue(draft: String, for target: String) -> Bool {
        guard let state = self.drafts[draft], let targetState = self.targets[target] else { return false }
        let pays = Self.pays(state[target], state.expected(at: target, targetState, sharing: 1))
        return self.drafts[draft]!.isDue(target, pays: pays, among: targetState.occupancy.sequences + 1)
    }

    /// Whether a draft and a target compute on the same cores, and so have to take turns.
    func takesTurns(draft: String, target: String) -> Bool {
        guard let state = self.drafts[draft], let targetState = self.targets[target] else { return false }
        return state.takesTurns(with: targetState)
    }

    private static func pays(_ pair: Pair, _ expected: ExpectedGain?) -> Bool {
        guard let report = pair.report, report.isSettled else { return true }
        return !report.abstains && !report.isLoss && expected?.isHopeless != true
    }

    /// The terms on which a draft serves a target; `nil` before both have measured anything.
    func terms(of draft: String, for target: String) -> PairTerms? {
        guard let state = self.drafts[draft], let targetState = self.targets[target],
            let expected = state.expected(at: target, targetState, sharing: max(1, state.jobs.count))
        else { return nil }
        let ratio = expected.ratio
        // What the draft itself takes to be the rate of its sequence is not more than this.
        let alone = 1 / expected.passTime.seconds(rows: 1)
        let rate = 1.5 * max(targetState.report?.price ?? 0, ratio * alone)
        return PairTerms(
            target: target, gain: ratio - 1,
            window: FlightWindow.tokens(
                isIdle: state.jobs.count <= 1, rate: rate, roundTrip: expected.roundTrip, passTime: expected.passTime),
            pays: Self.pays(state[target], expected), takesTurns: !expected.isOverlapped)
    }
}

extension Fleet.Draft {
    func takesTurns(with target: Fleet.Target) -> Bool {
        guard let own = self.peer?.model?.execution, let other = target.peer?.model?.execution else { return false }
        return own.takesTurns(with: other)
    }

    /// What it is predicted to bring to one more sequence; `nil` before both have measured anything.
    func expected(at address: String, _ target: Fleet.Target, sharing: Int) -> ExpectedGain? {
        guard let report = self[address].report, let roundTrip = report.roundTrip, target.passTime.isKnown else {
            return nil
        }
        return ExpectedGain(
            passTime: target.passTime, otherRows: max(0, target.occupancy.sequences - 1),
            draftToken: report.draftToken, roundTrip: roundTrip, acceptance: report.measuredAcceptance,
            sharing: sharing, isOverlapped: !self.takesTurns(with: target))
    }
}
