import TestSupport
import Testing

@testable import LinkEmulator

/// When each piece leaves, on a virtual clock.
@Suite(.oneAtATime) struct ScheduleTests {
    @Test func delayIsAddedToEachPiece() {
        var wire = Wire(seed: 1)
        let settings = LinkSettings(delay: 0.02)
        #expect(wire.arrival(of: 100, now: 1, settings) == 1.02)
        #expect(wire.arrival(of: 1 << 20, now: 1.001, settings) == 1.021)
        #expect(wire.arrival(of: 1, now: 1.002, LinkSettings()) == 1.002)
    }

    @Test func jitterIsUniformAboveTheDelayAndSeeded() {
        let settings = LinkSettings(delay: 0.1, jitter: 0.04)
        var wire = Wire(seed: 7)
        var again = Wire(seed: 7)
        let arrivals = (0..<4000).map { _ in wire.arrival(of: 1, now: 0, settings) }
        #expect(arrivals == (0..<4000).map { _ in again.arrival(of: 1, now: 0, settings) })
        #expect(arrivals.allSatisfy { $0 >= 0.1 && $0 < 0.14 })
        for quarter in 0..<4 {
            let from = 0.1 + 0.01 * Double(quarter)
            let share = Double(arrivals.count { $0 >= from && $0 < from + 0.01 }) / 4000
            #expect(abs(share - 0.25) < 0.03)
        }
    }

    @Test func changedSettingsDoNotShiftLaterDraws() {
        var one = Wire(seed: 3)
        var other = Wire(seed: 3)
        _ = one.arrival(of: 1, now: 0, LinkSettings(jitter: 1))
        _ = other.arrival(of: 1, now: 0, LinkSettings())
        let settings = LinkSettings(jitter: 1)
        #expect(one.arrival(of: 1, now: 0, settings) == other.arrival(of: 1, now: 0, settings))
    }

    @Test(
        arguments: [
            // value, time, bandwidth
            (Double.nan, 0, nil), (-1, 0, 1000), (-Double.infinity, 0, 1000), (0, 0, 1000), (0.5, 0.5, 1000),
            (8000, 3600, 8000), (Double.infinity, 3600, Double.infinity),
        ] as [(Double, Double, Double?)])
    func settingsAreKeptInRange(value: Double, time: Double, bandwidth: Double?) {
        let made = LinkSettings(delay: value, jitter: value, bandwidth: value)
        var set = LinkSettings()
        (set.delay, set.jitter, set.bandwidth) = (value, value, value)
        for settings in [made, set] {
            #expect(settings.delay == time && settings.jitter == time && settings.bandwidth == bandwidth)
            var wire = Wire(seed: 1)
            // What an alarm can be set to.
            #expect((0..<1e9).contains(wire.arrival(of: 4 << 20, now: 1, settings)))
        }
    }

    @Test func bandwidthSendsOnePieceAfterTheOther() {
        var wire = Wire(seed: 1)
        // 1000 bytes a second.
        let settings = LinkSettings(delay: 1, bandwidth: 8000)
        #expect(wire.arrival(of: 500, now: 0, settings) == 1.5)
        #expect(wire.arrival(of: 500, now: 0, settings) == 2)
        // Idle time is not made up for.
        #expect(wire.arrival(of: 500, now: 10, settings) == 11.5)
    }

    @Test func nothingOvertakesWithinALane() {
        var lane = Lane<Int>(mostHeld: 100)
        lane.add(1, bytes: 1, arrival: 5)
        lane.add(2, bytes: 1, arrival: 3)
        lane.add(3, bytes: 1, arrival: 6)
        #expect(lane.take(now: 4.9) == nil)
        #expect(lane.nextArrival == 5)
        #expect([lane.take(now: 5), lane.take(now: 5), lane.take(now: 5)] == [1, 2, nil])
        #expect(lane.take(now: 6) == 3)
        #expect(lane.nextArrival == nil)
    }

    @Test func frozenLaneHoldsAndLosesNothing() {
        var lane = Lane<Int>(mostHeld: 100)
        lane.add(1, bytes: 1, arrival: 1)
        lane.isFrozen = true
        lane.add(2, bytes: 1, arrival: 2)
        #expect(lane.nextArrival == nil)
        #expect(lane.take(now: 9) == nil)
        lane.isFrozen = false
        #expect(lane.nextArrival == 1)
        #expect([lane.take(now: 9), lane.take(now: 9), lane.take(now: 9)] == [1, 2, nil])
    }

    @Test func laneSaysWhenThereIsNoRoom() {
        var lane = Lane<Int>(mostHeld: 100)
        lane.add(1, bytes: 99, arrival: 1)
        #expect(lane.hasRoom)
        lane.add(2, bytes: 50, arrival: 1)
        #expect(!lane.hasRoom && lane.heldBytes == 149)
        _ = lane.take(now: 1)
        #expect(lane.hasRoom && lane.heldBytes == 50)
        lane.removeAll()
        #expect(lane.heldBytes == 0 && lane.take(now: 9) == nil)
    }
}
