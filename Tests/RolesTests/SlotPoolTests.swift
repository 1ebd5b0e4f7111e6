import TestSupport
import Testing

@testable import Roles
@testable import Speculation

@Suite struct SlotPoolTests {
    private static let text = (0..<100).map { Token($0) }

    /// The first tokens of `text`, and others behind them.
    private static func text(_ shared: Int, others: Int = 0) -> [Token] {
        self.text[..<shared] + Array(repeating: 999, count: others)
    }

    /// A pool whose slots, from 0 on, came back in this order.
    private static func pool(_ held: [[Token]]) -> SlotPool {
        var pool = SlotPool(count: held.count)
        for _ in held { _ = pool.take(for: []) }
        for (slot, tokens) in held.enumerated() { _ = pool.give(back: slot, holding: tokens[...]) }
        return pool
    }

    @Test func slotsAreCountedAndAPoolWithoutFreeOnesGivesNone() {
        var pool = SlotPool(count: 2)
        #expect(pool.take(for: Self.text) == .init(slot: 0))
        #expect(pool.take(for: Self.text) == .init(slot: 1))
        #expect(pool.busy == 2)
        #expect(pool.take(for: Self.text) == nil)
        _ = pool.give(back: 0)
        #expect((pool.busy, pool.count) == (1, 2))
        #expect(pool.take(for: Self.text) == .init(slot: 0))
        var none = SlotPool(count: 0)
        #expect(none.take(for: []) == nil)
    }

    @Test func slotsThatHoldNothingAreTakenLastGivenBackFirstSoThatFewAreInUse() {
        var pool = SlotPool(count: 4)
        for _ in 0..<10 {
            #expect(pool.take(for: Self.text)?.slot == 0)
            _ = pool.give(back: 0)
        }
    }

    @Test func theFreeSlotThatSharesMostIsTaken() {
        var pool = Self.pool([Self.text(20, others: 5), Self.text(60, others: 9), Self.text(40)])
        #expect(pool.take(for: Self.text) == .init(slot: 1, reused: 60))
        #expect(pool.take(for: Self.text) == .init(slot: 2, reused: 40))
        #expect(pool.take(for: Self.text) == .init(slot: 0, reused: 20))
        #expect(pool.busy == 3)
    }

    @Test func whereNothingIsSharedTheSlotLeastWorthKeepingIsTaken() {
        var pool = Self.pool([[7, 7], [8, 8], []])
        #expect(pool.take(for: Self.text) == .init(slot: 2))
        #expect(pool.take(for: Self.text) == .init(slot: 0))
        _ = pool.give(back: 0, holding: [9])
        #expect(pool.take(for: Self.text) == .init(slot: 1))
    }

    @Test func aFewSharedTokensAreNoReasonToLoseWhatAnotherSlotHolds() {
        let few = Self.text(SlotPool.leastGain - 1, others: 50)
        var pool = Self.pool([[7, 7, 7], few])
        #expect(pool.take(for: Self.text) == .init(slot: 0))
        // But what the slot taken shares is reused, however little it is.
        #expect(pool.take(for: Self.text) == .init(slot: 1, reused: SlotPool.leastGain - 1))
        // Of slots that share the same, the one given back longest ago.
        pool = Self.pool([Self.text(30, others: 1), Self.text(30, others: 2), []])
        #expect(pool.take(for: Self.text) == .init(slot: 0, reused: 30))
    }

    @Test func aLiveSlotIsCopiedWhereItSavesClearlyMore() {
        let free = [Self.text(20, others: 5), [7, 7], []]
        func placement(_ live: [Int]) -> SlotPool.Placement? {
            var pool = Self.pool(free + [[Token]](repeating: [], count: live.count))
            let taken = live.indices.map { _ in pool.take(for: [])!.slot }
            return pool.take(
                for: Self.text, among: zip(taken, live).map { .init(slot: $0, tokens: Self.text($1, others: 3)[...]) })
        }
        #expect(placement([35]) == .init(slot: 0, reused: 20))
        #expect(placement([36]) == .init(slot: 2, reused: 36, source: 3))
        #expect(placement([36, 50, 40])?.reused == 50)
        #expect(placement([10, 0]) == .init(slot: 0, reused: 20))
    }

    @Test func aTokenIsLeftToCompute() {
        var pool = Self.pool([Self.text(100)])
        #expect(pool.take(for: Self.text) == .init(slot: 0, reused: 99))
        pool = Self.pool([[5]])
        #expect(pool.take(for: [5]) == .init(slot: 0))
        pool = Self.pool([Self.text(100), []])
        let live = [SlotPool.Held(slot: 7, tokens: Self.text(100)[...])]
        #expect(pool.take(for: Self.text(60), among: live) == .init(slot: 0, reused: 59))
        #expect(pool.take(for: Self.text(60), among: live) == .init(slot: 1, reused: 59, source: 7))
    }

    @Test func whatIsReusedIsAMultipleOfTheGranularity() {
        for (shared, reused) in [(100, 96), (64, 64), (63, 32), (31, 0)] {
            var pool = Self.pool([Self.text(shared)])
            #expect(pool.take(for: Self.text + [1], granularity: 32) == .init(slot: 0, reused: reused))
        }
        var pool = Self.pool([Self.text(31), []])
        let live = [SlotPool.Held(slot: 7, tokens: Self.text(70)[...])]
        #expect(pool.take(for: Self.text, among: live, granularity: 32) == .init(slot: 1, reused: 64, source: 7))
    }
}
