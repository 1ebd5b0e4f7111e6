internal import OrderedCollections
internal import Speculation

extension Fleet {
    /// The target with the largest share of free slots.
    func chooseTarget(now: Seconds) -> String? {
        Placement.choose(
            among: self.targets.lazy.filter { now >= $0.value.heldUntil }
                .map { (key: $0.key, occupancy: $0.value.occupancy) })
    }

    /// The draft with the largest share of free slots among those that the target has welcomed.
    func chooseDraft(for target: String) -> String? {
        Placement.choose(
            among: self.drafts.lazy.filter { $0.value[target].isAttached }
                .map { (key: $0.key, occupancy: $0.value.occupancy) })
    }

    var hasFreeDraft: Bool { self.drafts.values.contains { !$0.occupancy.isFull } }

    /// Whether a draft is worth the trouble of mirroring, by what the rules there have made of it recently.
    func pays(draft: String, for target: String) -> Bool {
        self.drafts[draft]?[target].report?.abstains != true
    }
}
