/// Elements in the order of their instants; of equal instants the one that was inserted first comes first.
package struct TimerQueue<Element> {
    /// May hold deadlines of cancelled elements, but never as its minimum.
    private var deadlines = DeadlineHeap()
    private var elements: [UInt64: Element] = [:]
    private var inserted: UInt64 = 0

    package init() {}

    package var count: Int { self.elements.count }

    package var isEmpty: Bool { self.elements.isEmpty }

    /// When the next element is due.
    package var earliest: Double? { self.deadlines.min?.instant }

    /// - Parameter instant: seconds; anything but NaN.
    package mutating func insert(_ element: Element, at instant: Double) -> LoopTimer {
        precondition(!instant.isNaN, "a timer needs an instant")
        self.inserted += 1
        self.deadlines.insert(Deadline(instant: instant, number: self.inserted))
        self.elements[self.inserted] = element
        return LoopTimer(number: self.inserted)
    }

    /// Takes out the element, if it is still there.
    @discardableResult
    package mutating func cancel(_ timer: LoopTimer) -> Element? {
        guard let element = self.elements.removeValue(forKey: timer.number) else { return nil }
        if self.deadlines.count > 2 * self.elements.count + 64 {
            self.deadlines.filter { self.elements[$0.number] != nil }
        }
        self.dropCancelled()
        return element
    }

    /// Takes out the first element whose instant is not after `now`.
    package mutating func popDue(now: Double) -> Element? {
        guard let first = self.deadlines.min, first.instant <= now else { return nil }
        self.deadlines.removeMin()
        let element = self.elements.removeValue(forKey: first.number)
        self.dropCancelled()
        return element
    }

    private mutating func dropCancelled() {
        while let first = self.deadlines.min, self.elements[first.number] == nil {
            self.deadlines.removeMin()
        }
    }
}

extension TimerQueue: Sendable where Element: Sendable {}
