import Measurement
import Speculation
import TestSupport
import Testing

@Suite(.oneAtATime) struct LoadDriverTests {
    private static func driver(
        _ window: LoadWindow, _ shape: LoadShape, prompts: Int = 1000, repeats: Bool = false, most: Int = 1000
    ) -> LoadDriver {
        LoadDriver(
            window, shape: shape, deck: PromptDeck(count: prompts, seed: 3, repeats: repeats), mostInFlight: most,
            begin: 10)
    }

    @Test func aClosedLoopKeepsItsClientsBusy() {
        var driver = Self.driver(.whole(.requests(5)), .closed(clients: 2))
        #expect(driver.advance(to: 10).map(\.number) == [0, 1])
        #expect(driver.advance(to: 11).isEmpty && driver.nextBegin == nil && driver.inFlight == 2)
        driver.end(of: 0, at: 11.5, failed: false)
        #expect(driver.advance(to: 11.6).map(\.scheduled) == [11.5])
        driver.end(of: 1, at: 12, failed: true)
        #expect(driver.advance(to: 12).isEmpty)
        #expect(driver.nextBegin == 12 + LoadDriver.pauseAfterError)
        driver.end(of: 0, at: 12.05, failed: false)
        #expect(driver.advance(to: 13).map(\.client) == [0, 1] && driver.begun == 5)
        #expect(driver.nextBegin == nil && !driver.isDone)
        driver.end(of: 0, at: 14, failed: false)
        driver.end(of: 1, at: 15, failed: false)
        #expect(driver.isDone && !driver.isStopped)
    }

    @Test func warmUpIsNotCounted() {
        var driver = Self.driver(.whole(.requests(2), warmUp: 5), .closed(clients: 1))
        #expect(driver.countFrom == 15 && driver.lastBegin == nil)
        var counted: [Bool] = []
        for time in [10.0, 12, 14, 16, 18] {
            counted += driver.advance(to: time).map(\.isCounted)
            driver.end(of: 0, at: time + 2, failed: false)
        }
        #expect(counted == [false, false, false, true, true] && driver.isDone)
    }

    @Test func clientsThatWarmUpBeginOutOfStep() {
        var driver = Self.driver(.whole(.seconds(3), warmUp: 1), .closed(clients: 4))
        #expect(driver.advance(to: 10).map(\.share) == [0.25, 0.5, 0.75, 1])
        driver.end(of: 0, at: 10.5, failed: false)
        #expect(driver.advance(to: 10.5).map(\.share) == [1], "only the first texts")
        var cold = Self.driver(.whole(.seconds(3)), .closed(clients: 4))
        #expect(cold.advance(to: 10).allSatisfy { $0.share == 1 }, "what is counted is whole")
        var open = Self.driver(.whole(.seconds(3), warmUp: 1), .open(rate: 50))
        #expect(open.advance(to: 14).allSatisfy { $0.share == 1 })
    }

    @Test func nothingBeginsAfterTheTime() {
        var driver = Self.driver(.whole(.seconds(3), warmUp: 1), .closed(clients: 1))
        #expect(driver.lastBegin == 14)
        _ = driver.advance(to: 10)
        driver.end(of: 0, at: 13.9, failed: false)
        #expect(driver.advance(to: 14.5).count == 1, "scheduled in time")
        driver.end(of: 0, at: 15, failed: false)
        #expect(driver.advance(to: 15).isEmpty && driver.isDone)
    }

    @Test func anOpenLoopDoesNotWait() {
        var driver = Self.driver(.whole(.seconds(100)), .open(rate: 5))
        let orders = driver.advance(to: 200)
        #expect(orders.allSatisfy { $0.client == nil })
        #expect((400...600).contains(orders.count) && driver.inFlight == orders.count)
        #expect(zip(orders, orders.dropFirst()).allSatisfy { $0.scheduled < $1.scheduled })
        #expect(orders.allSatisfy { (10..<110).contains($0.scheduled) })
        #expect(Set(orders.map(\.prompt)).count == orders.count, "no prompt twice")
        var again = Self.driver(.whole(.seconds(100)), .open(rate: 5))
        #expect(again.advance(to: 200) == orders)
    }

    @Test func promptsRunOut() {
        var driver = Self.driver(.whole(.requests(5)), .closed(clients: 5), prompts: 3)
        #expect(Set(driver.advance(to: 10).map(\.prompt)) == [0, 1, 2])
        #expect(driver.ranOut && driver.nextBegin == nil && !driver.isDone)
        var repeating = Self.driver(.whole(.requests(7)), .closed(clients: 7), prompts: 3, repeats: true)
        let orders = repeating.advance(to: 10)
        #expect(orders.map(\.round) == [0, 0, 0, 1, 1, 1, 2] && !repeating.ranOut)
        #expect(Set(orders[3..<6].map(\.prompt)) == [0, 1, 2])
    }

    @Test func stopLetsNothingBegin() {
        var driver = Self.driver(.whole(.requests(5)), .closed(clients: 1))
        _ = driver.advance(to: 10)
        driver.stop()
        driver.end(of: 0, at: 11, failed: false)
        #expect(driver.advance(to: 12).isEmpty && driver.isDone && driver.isStopped)
    }
}

@Suite(.oneAtATime) struct LoadPlanTests {
    private static func windows(_ bound: LoadBound, warmUp: Seconds = 0, begun: Int = 7) -> [LoadWindow] {
        var plan = LoadPlan(bound: bound, warmUp: warmUp, isComparison: true, seed: 1)
        var windows: [LoadWindow] = []
        while let window = plan.next(after: windows.isEmpty ? nil : begun) { windows.append(window) }
        return windows
    }

    @Test func armsTakeTurnsWithTheSamePrompts() {
        let windows = Self.windows(.requests(18), warmUp: 4)
        #expect(windows.map(\.isCounted) == [false, false] + Array(repeating: true, count: 8))
        #expect(windows.map(\.arm) == [.asked, .off, .off, .asked, .asked, .off, .off, .asked, .asked, .off])
        for pair in stride(from: 0, to: windows.count, by: 2) {
            #expect(windows[pair].position == windows[pair + 1].position)
            #expect(windows[pair].seed == windows[pair + 1].seed)
            #expect(windows[pair + 1].bound == .requests(7), "as many as the first began")
            #expect(windows[pair].position == pair / 2 * 7)
        }
        #expect(windows[0].bound == .seconds(2))
        let sizes = stride(from: 2, to: windows.count, by: 2).map { windows[$0].bound }
        #expect(sizes == [.requests(4), .requests(5), .requests(4), .requests(5)])
    }

    @Test func timeIsSharedOut() {
        let windows = Self.windows(.seconds(60))
        #expect(windows.count == 12 && windows[0].bound == .seconds(5))
        #expect(Self.windows(.seconds(1)).count == 4 && Self.windows(.requests(1)).count == 2)
    }
}
