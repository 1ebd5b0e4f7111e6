/// The free slots of a model.
struct SlotPool: Sendable {
    private var free: [Int]
    let count: Int

    init(count: Int) {
        self.count = count
        self.free = Array((0..<count).reversed())
    }

    var busy: Int { self.count - self.free.count }

    /// - Returns: `nil` where all are busy.
    mutating func take() -> Int? {
        self.free.popLast()
    }

    mutating func give(back slot: Int) {
        self.free.append(slot)
    }
}
