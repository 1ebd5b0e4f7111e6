internal import ForetokenWire
public import OrderedCollections
internal import Speculation

/// What a coordinator knows of its targets and drafts: who answers where, how full each is, and what it measured.
public struct Fleet: Sendable {
    /// Members, by the address that the coordinator connects to.
    public internal(set) var targets: OrderedDictionary<String, Target>
    public internal(set) var drafts: OrderedDictionary<String, Draft>
    /// Targets by the address that drafts reach them at.
    private var targetsOfDrafts: [String: String] = [:]

    init(targets: [String], drafts: [String]) {
        self.targets = OrderedDictionary(targets.map { ($0, Target()) }, uniquingKeysWith: { first, _ in first })
        self.drafts = OrderedDictionary(drafts.map { ($0, Draft()) }, uniquingKeysWith: { first, _ in first })
    }

    // MARK: Members

    /// A member answers.
    mutating func reach(_ member: String, _ peer: Peer, key: String = "") {
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
            self.drafts[member]!.reason = ""
        }
    }

    /// A draft tells how full it is, and what it measured of its targets.
    mutating func take(_ pong: Pong, ofDraft draft: String) {
        guard self.drafts[draft] != nil else { return }
        self.drafts[draft]!.load = pong.load
        for var report in pong.drafts {
            guard let target = self.targetsOfDrafts[report.target], self.reachedAt(target) == report.target else {
                continue
            }
            report.target = target
            self.drafts[draft]!.take(report)
        }
    }

    /// Where drafts reach a target: it may tell another address than the coordinator's.
    func reachedAt(_ target: String) -> String {
        let told = self.targets[target]?.peer?.address ?? ""
        return told.isEmpty ? target : told
    }

    /// Whether a target's process is there, by its name.
    func isUp(_ process: String) -> Bool { self.targets.values.contains { $0.peer?.name == process } }

    var hasReachableTarget: Bool { self.targets.values.contains { $0.peer != nil } }

    /// Whether all targets are there, and all drafts draft for all of them.
    public var isComplete: Bool {
        self.targets.values.allSatisfy { $0.peer != nil }
            && self.drafts.values.allSatisfy { $0.attachedCount == self.targets.count }
    }

    /// Whether a text that another target began can go on at this one: tokens mean the same there, and the same model
    /// writes them.
    func canReplaceTargets(_ peer: Peer) -> Bool {
        self.targets.values.lazy.compactMap(\.peer).allSatisfy {
            $0.model?.vocabularyFingerprint == peer.model?.vocabularyFingerprint
                && $0.model?.name == peer.model?.name && $0.model?.parameters == peer.model?.parameters
        }
    }

    /// Slots of all targets that are there.
    var slots: Int { self.targets.values.reduce(0) { $0 + ($1.peer?.slots ?? 0) } }

    /// Why no target is there, in words for people.
    var unreachableReason: String {
        if self.targets.isEmpty { return "the coordinator was started without --target" }
        let reasons = self.targets.map { "\($0.key): \($0.value.reason)" }
        return "no target answers (\(reasons.joined(separator: "; "))); start one with foretoken serve target"
    }
}
