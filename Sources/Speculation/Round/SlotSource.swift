/// Where a slot's first rows come from, when another slot has computed the same tokens already.
public struct SlotSource: Equatable, Sendable {
    public var slot: Int
    /// Rows to copy, from position 0 on.
    public var count: Int

    public init(slot: Int, count: Int) {
        self.slot = slot
        self.count = count
    }
}
