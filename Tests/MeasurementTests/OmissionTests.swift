import Measurement
import Speculation
import TestSupport
import Testing

/// A server that stands still for a second cannot hide it from an open loop (coordinated omission).
@Suite(.oneAtATime) struct OmissionTests {
    private static let stalled = VirtualServer(stall: 5..<6)

    private static func figures(_ shape: LoadShape, _ server: VirtualServer) -> LoadFigures {
        var driver = LoadDriver(
            .whole(.seconds(20)), shape: shape, deck: PromptDeck(count: 100_000, seed: 1, repeats: false),
            mostInFlight: 1000, begin: 0)
        var recorder = LoadRecorder([.asked], goal: ServiceLevels())
        recorder.open(.asked, from: driver.countFrom, until: driver.lastBegin)
        server.run(&driver) { recorder.add($0) }
        recorder.close(at: 20)
        return recorder.figures(now: 20)[0]
    }

    @Test func theOpenLoopShowsAStall() throws {
        let times = try #require(Self.figures(.open(rate: 20), Self.stalled).endToEnd)
        #expect((0.95...1.1).contains(times.max), "\(times)")
        #expect((0.7...1.1).contains(times.p99), "\(times)")
        #expect(times.p50 < 0.02, "\(times)")
        let calm = try #require(Self.figures(.open(rate: 20), VirtualServer()).endToEnd)
        #expect(calm.max < 0.1, "\(calm)")
    }

    @Test func theClosedLoopHidesAStall() throws {
        let figures = Self.figures(.closed(clients: 1), Self.stalled)
        let times = try #require(figures.endToEnd)
        #expect(times.p99 < 0.011 && times.max > 1, "\(times)")
        #expect(abs(figures.requestsPerSecond - 95) < 1, "its rate shows it: \(figures.requestsPerSecond)")
    }

    /// Requests beyond those in flight wait at this side, and their time runs.
    @Test func aLimitOfRequestsInFlightHidesNothing() throws {
        var driver = LoadDriver(
            .whole(.seconds(20)), shape: .open(rate: 20), deck: PromptDeck(count: 1000, seed: 1, repeats: false),
            mostInFlight: 1, begin: 0)
        var longest: Seconds = 0
        var late: Seconds = 0
        Self.stalled.run(&driver) {
            longest = max(longest, $0.endToEnd)
            late = max(late, $0.begun - $0.order.scheduled)
        }
        #expect((0.95...1.1).contains(longest) && late > 0.8)
    }
}
