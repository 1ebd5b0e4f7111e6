internal import ForetokenWire
internal import OrderedCollections
internal import Roles
internal import Speculation

/// The targets and drafts of a coordinator, and how many sequences it has placed on each: decides where a sequence
/// goes. A value without clock and links.
struct Fleet: Sendable {
    struct Target: Sendable {
        /// Who answers there; `nil` while nobody does.
        var peer: Peer?
        /// Why nobody does.
        var reason = "not reached yet"
        var sequences = 0
        /// As the target itself told.
        var load = Load()
    }

    struct Draft: Sendable {
        var peer: Peer?
        var reason = "not reached yet"
        var sequences = 0
        var load = Load()
        /// Addresses of targets that have welcomed it.
        var attached: Set<String> = []
    }

    /// By the address that the coordinator connects to.
    var targets: OrderedDictionary<String, Target>
    var drafts: OrderedDictionary<String, Draft>

    init(targets: [String], drafts: [String]) {
        self.targets = OrderedDictionary(targets.map { ($0, Target()) }, uniquingKeysWith: { first, _ in first })
        self.drafts = OrderedDictionary(drafts.map { ($0, Draft()) }, uniquingKeysWith: { first, _ in first })
    }

    /// The target with the largest share of free slots.
    func chooseTarget() -> String? {
        Placement.choose(among: self.targets.lazy.map { (key: $0.key, occupancy: $0.value.occupancy) })
    }

    /// The draft with the largest share of free slots among those that the target has welcomed.
    func chooseDraft(for target: String) -> String? {
        Placement.choose(
            among: self.drafts.lazy.filter { $0.value.attached.contains(target) }
                .map { (key: $0.key, occupancy: $0.value.occupancy) })
    }

    /// Where drafts reach a target: it may tell another address than the coordinator's.
    func reachedAt(_ target: String) -> String {
        let told = self.targets[target]?.peer?.address ?? ""
        return told.isEmpty ? target : told
    }

    var hasReachableTarget: Bool { self.targets.values.contains { $0.peer != nil } }

    /// Whether all targets are there, and all drafts draft for all of them.
    var isComplete: Bool {
        self.targets.values.allSatisfy { $0.peer != nil }
            && self.drafts.values.allSatisfy { $0.attached.isSuperset(of: self.targets.keys) }
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

extension Fleet.Target {
    fileprivate var occupancy: Placement.Occupancy {
        Placement.Occupancy(slots: self.peer?.slots ?? 0, sequences: self.sequences)
    }
}

extension Fleet.Draft {
    fileprivate var occupancy: Placement.Occupancy {
        Placement.Occupancy(slots: self.peer?.slots ?? 0, sequences: self.sequences)
    }
}
