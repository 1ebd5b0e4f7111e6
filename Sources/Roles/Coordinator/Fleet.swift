internal import ForetokenWire
public import OrderedCollections
internal import Speculation

/// What a coordinator knows of its targets and drafts: who answers where, how full each is, and what it measured.
public struct Fleet: Sendable {
    /// Members, by the address that the coordinator connects to.
    public internal(set) var targets: OrderedDictionary<String, Target> = [:]
    public internal(set) var drafts: OrderedDictionary<String, Draft> = [:]
    /// Targets by the address that drafts reach them at.
    private var targetsOfDrafts: [String: String] = [:]

    /// Members that answer and are not used, such as a process that answers at another address already.
    private(set) var aside: OrderedDictionary<String, Keyed> = [:]
    var roster = Roster()

    /// A process, with the public key that it has shown; empty where the links have none.
    struct Keyed: Sendable {
        var peer: Peer
        var key: String
    }

    // MARK: Members

    mutating func join(_ member: String, _ role: Role, now: Seconds) {
        if role == .target {
            self.targets[member] = Target(absentSince: now)
        } else {
            self.drafts[member] = Draft(absentSince: now)
        }
    }

    /// A member that is lost already is not one any more.
    mutating func leave(_ member: String) {
        self.aside[member] = nil
        if self.targets.removeValue(forKey: member) != nil {
            self.targetsOfDrafts = self.targetsOfDrafts.filter { $0.value != member }
            for draft in self.drafts.keys { self.drafts[draft]!.forget(member) }
        } else {
            self.drafts[member] = nil
        }
    }

    func role(of member: String) -> Role? {
        self.targets[member] != nil ? .target : self.drafts[member] != nil ? .draft : nil
    }

    /// Who answers at a member's address, whether it is used or not.
    func peer(at member: String) -> Peer? {
        self.targets[member]?.peer ?? self.drafts[member]?.peer ?? self.aside[member]?.peer
    }

    /// The public key that a member has shown; empty where the links have none.
    func key(of member: String) -> String {
        self.targets[member]?.key ?? self.drafts[member]?.key ?? self.aside[member]?.key ?? ""
    }

    /// Since when a member has not answered; `nil` where it answers, or is not a member.
    func absence(of member: String) -> Seconds? {
        guard self.peer(at: member) == nil else { return nil }
        return self.targets[member]?.absentSince ?? self.drafts[member]?.absentSince
    }

    mutating func setAside(_ member: String, _ keyed: Keyed?) { self.aside[member] = keyed }

    /// A member that was set aside, and that nothing speaks against any more.
    func takeBack(now: Seconds) -> (member: String, Keyed)? {
        self.aside.first { self.objection(to: $0.value, at: $0.key, now: now) == nil }.map { ($0.key, $0.value) }
    }

    /// Why a process that answers at a member's address is not used; `nil` where it may be.
    func objection(to keyed: Keyed, at member: String, now: Seconds) -> String? {
        let peer = keyed.peer
        let role: Role = self.targets[member] != nil ? .target : .draft
        guard peer.role == role else { return "a \(peer.role.rawValue) answers there, not a \(role.rawValue)" }
        if role == .target, let objection = self.objection(toModelOf: keyed, at: member, now: now) { return objection }
        // A name alone proves nothing where there are keys.
        func isTwin(_ other: String, _ known: Peer?, _ key: String) -> Bool {
            other != member && known?.name == peer.name && key == keyed.key
        }
        let twin =
            role == .target
            ? self.targets.first { isTwin($0.key, $0.value.peer, $0.value.key) }?.key
            : self.drafts.first { isTwin($0.key, $0.value.peer, $0.value.key) }?.key
        if let twin { return "the same process answers at \(twin), and counts once" }
        return nil
    }

    /// A member answers.
    mutating func reach(_ member: String, _ peer: Peer, key: String = "") {
        self.aside[member] = nil
        if self.targets[member] != nil {
            self.targets[member]!.peer = peer
            self.targets[member]!.key = key
            self.targets[member]!.reason = ""
            // It may have told another address before.
            self.targetsOfDrafts = self.targetsOfDrafts.filter { $0.value != member }
            self.targetsOfDrafts[self.reachedAt(member)] = member
            for draft in self.drafts.keys { self.drafts[draft]!.askSoon(member) }
        } else if self.drafts[member] != nil {
            self.drafts[member]!.peer = peer
            self.drafts[member]!.key = key
            self.drafts[member]!.reason = ""
        }
    }

    /// A draft tells how full it is, and what it measured of its targets.
    ///
    /// - Parameter own: sequences of this coordinator that it mirrors.
    /// - Returns: those of its targets where it is left out from now on, or given texts again.
    mutating func take(_ pong: Pong, ofDraft draft: String, own: Int) -> [String] {
        guard self.drafts[draft] != nil else { return [] }
        var changed: [String] = []
        self.drafts[draft]!.take(pong.load, own: own)
        for var report in pong.drafts {
            guard let target = self.targetsOfDrafts[report.target], self.reachedAt(target) == report.target else {
                continue
            }
            report.target = target
            self.drafts[draft]!.take(report)
            if self.drafts[draft]!.tell(self.terms(of: draft, for: target)) { changed.append(target) }
        }
        return changed
    }

    /// A target tells how full it is, and what its passes cost: the terms of its drafts follow.
    ///
    /// - Returns: the drafts that are left out there from now on, or given texts again.
    mutating func take(_ pong: Pong, ofTarget target: String, opened: Int) -> [String] {
        self.targets[target]?.take(pong, opened: opened)
        return self.drafts.keys.filter { self.drafts[$0]!.tell(self.terms(of: $0, for: target)) }
    }

    /// Where drafts reach a target: it may tell another address than the coordinator's.
    func reachedAt(_ target: String) -> String {
        let told = self.targets[target]?.peer?.address ?? ""
        return told.isEmpty ? target : told
    }

    var reachedTargets: Int { self.targets.values.count { $0.peer != nil } }

    /// Whether a target's process is there, by its name.
    func isUp(_ process: String) -> Bool { self.targets.values.contains { $0.peer?.name == process } }

    var hasReachableTarget: Bool { self.targets.values.contains { $0.peer != nil } }

    /// Whether any target would begin a text.
    public var isReady: Bool { self.targets.values.contains { $0.peer != nil && !$0.load.isLeaving } }

    /// Whether all targets are there, all drafts draft for all that are used, and every name has stood for somebody.
    public var isComplete: Bool {
        let reached = self.reachedTargets
        return self.roster.names.values.allSatisfy(\.hasResolved)
            && self.targets.allSatisfy { $0.value.peer != nil || self.aside[$0.key] != nil }
            && self.drafts.allSatisfy { $0.value.attachedCount == reached || self.aside[$0.key] != nil }
    }

    /// Slots of all targets that are there.
    var slots: Int { self.targets.values.reduce(0) { $0 + ($1.peer?.slots ?? 0) } }

    /// Share of their KV cells that sequences hold, as they told.
    var kvUsage: Float {
        var (held, all) = (Float(0), Float(0))
        for target in self.targets.values {
            let cells = Float(target.peer?.slots ?? 0) * Float(target.peer?.model?.contextLength ?? 0)
            held += target.load.kvUsage * cells
            all += cells
        }
        return all > 0 ? held / all : 0
    }

    /// Why no target is there, in words for people.
    var unreachableReason: String {
        let unresolved = self.roster.names.filter { $0.value.role == .target && !$0.value.hasResolved }.keys
        let reasons =
            self.targets.map { "\($0.key): \($0.value.reason)" } + unresolved.map { "\($0): \(Self.unresolved)" }
        guard !reasons.isEmpty else {
            return "no target is listed, and none has registered; start one with foretoken serve target --coordinator "
                + "and this coordinator's address, or list it with --target"
        }
        return "no target answers (\(reasons.joined(separator: "; "))); start one with foretoken serve target"
    }

    /// What is told of a name that nobody stands behind yet.
    static let unresolved = "the name does not resolve yet; it is asked for again"
}
