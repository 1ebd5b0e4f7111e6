import Executors
import TestSupport
import Testing

@Suite(.oneAtATime) struct TimerQueueTests {
    @Test func elementsComeInTheOrderOfTheirInstants() {
        var queue = TimerQueue<String>()
        _ = queue.insert("late", at: 3)
        _ = queue.insert("first", at: 1)
        _ = queue.insert("second", at: 1)
        #expect(queue.earliest == 1)
        #expect(queue.popDue(now: 0.5) == nil)
        #expect(queue.popDue(now: 2) == "first")
        #expect(queue.popDue(now: 2) == "second")
        #expect(queue.popDue(now: 2) == nil)
        #expect(queue.earliest == 3)
        #expect(queue.popDue(now: 3) == "late")
        #expect(queue.isEmpty && queue.earliest == nil)
    }

    @Test func aCancelledElementIsGone() {
        var queue = TimerQueue<String>()
        let first = queue.insert("first", at: 1)
        let second = queue.insert("second", at: 2)
        #expect(queue.cancel(first) == "first")
        #expect(queue.cancel(first) == nil)
        #expect(queue.earliest == 2)
        #expect(queue.popDue(now: 5) == "second")
        #expect(queue.cancel(second) == nil)
        #expect(queue.count == 0)
    }

    @Test func cancellingInTheMiddleKeepsTheOrder() {
        var queue = TimerQueue<Int>()
        let timers = (0..<1000).map { queue.insert($0, at: Double(($0 * 7919) % 1000)) }
        for (index, timer) in timers.enumerated() where index % 10 != 0 { queue.cancel(timer) }
        #expect(queue.count == 100)
        var popped: [Int] = []
        while let element = queue.popDue(now: .infinity) { popped.append(element) }
        #expect(popped == (0..<1000).filter { $0 % 10 == 0 }.sorted { ($0 * 7919) % 1000 < ($1 * 7919) % 1000 })
    }

    @Test func infiniteInstantsNeverComeEarly() {
        var queue = TimerQueue<Int>()
        _ = queue.insert(1, at: .infinity)
        #expect(queue.popDue(now: 1e300) == nil)
    }
}
