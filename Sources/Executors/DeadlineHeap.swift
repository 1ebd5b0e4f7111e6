/// An instant, and a number that orders equal instants.
struct Deadline: Comparable {
    var instant: Double
    var number: UInt64

    static func < (one: Deadline, other: Deadline) -> Bool {
        (one.instant, one.number) < (other.instant, other.number)
    }
}

/// A binary heap: every deadline is at least its parent's, so the least is first.
struct DeadlineHeap {
    private var deadlines: [Deadline] = []

    var count: Int { self.deadlines.count }

    var min: Deadline? { self.deadlines.first }

    mutating func insert(_ deadline: Deadline) {
        self.deadlines.append(deadline)
        var index = self.deadlines.count - 1
        while index > 0, self.deadlines[index] < self.deadlines[(index - 1) / 2] {
            self.deadlines.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    /// Takes out the least; there must be one.
    mutating func removeMin() {
        self.deadlines.swapAt(0, self.deadlines.count - 1)
        self.deadlines.removeLast()
        self.sink(from: 0)
    }

    /// Keeps those for which `isKept` holds.
    mutating func filter(_ isKept: (Deadline) -> Bool) {
        self.deadlines.removeAll { !isKept($0) }
        for index in (0..<self.deadlines.count / 2).reversed() { self.sink(from: index) }
    }

    private mutating func sink(from start: Int) {
        var index = start
        while true {
            let children = (2 * index + 1)..<Swift.min(2 * index + 3, max(self.deadlines.count, 2 * index + 1))
            guard let least = children.min(by: { self.deadlines[$0] < self.deadlines[$1] }),
                self.deadlines[least] < self.deadlines[index]
            else { return }
            self.deadlines.swapAt(index, least)
            index = least
        }
    }
}
