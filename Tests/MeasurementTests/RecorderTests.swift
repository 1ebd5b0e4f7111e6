import Speculation
import TestSupport
import Testing

@testable import Measurement

@Suite(.oneAtATime) struct RecorderTests {
    private static func trace(
        _ number: Int, at scheduled: Seconds, first: Seconds = 0.1, gap: Seconds = 0.02, tokens: Int = 5,
        ending: RequestTrace.Ending = .completed, arm: LoadArm = .asked, client: Int? = nil,
        isCounted: Bool = true, hash: Int = 0
    ) -> RequestTrace {
        let arrivals = (0..<tokens).map {
            RequestTrace.Arrival(at: scheduled + first + Double($0) * gap, weight: 3)
        }
        return RequestTrace(
            order: LoadOrder(
                number: number, arm: arm, client: client, prompt: number, round: 0, scheduled: scheduled,
                isCounted: isCounted),
            begun: scheduled + 0.001, arrivals: arrivals,
            ended: (arrivals.last?.at ?? scheduled + first) + 0.01, ending: ending, reportedTokens: tokens,
            counters: .init(tokens: tokens, targetPasses: 3, rounds: 2, draftTokens: 4, acceptedTokens: 2),
            textHash: hash)
    }

    private static func near(_ value: Double?, _ expected: Double) -> Bool {
        value.map { abs($0 - expected) <= 0.001 * expected + 1e-6 } ?? false
    }

    @Test func timesAndRates() throws {
        var recorder = LoadRecorder([.asked], goal: try ServiceLevels("ttft=150ms,tpot=50ms"))
        recorder.open(.asked, from: 10, until: 20)
        recorder.add(Self.trace(0, at: 9.95, isCounted: false))
        recorder.add(Self.trace(1, at: 11))
        recorder.add(Self.trace(2, at: 12, first: 0.2))
        recorder.add(Self.trace(3, at: 19.87))
        recorder.add(Self.trace(4, at: 15, tokens: 0, ending: .failed("HTTP 429")))
        recorder.close(at: 25)
        let figures = recorder.figures(now: 30)[0]
        #expect(figures.requests == 4 && figures.completed == 3 && figures.failed == 1 && figures.warmUpRequests == 1)
        #expect(figures.errors.map(\.kind) == ["HTTP 429"])
        #expect(figures.seconds == 10)
        #expect(Self.near(figures.tokens, 5 + 10 + 2), "of the first all, of the last two")
        #expect(Self.near(figures.requestsPerSecond, 0.3), "the one of the warm-up ended within")
        #expect(Self.near(figures.goodput, 0.2) && Self.near(figures.goodShare, 0.5))
        #expect(Self.near(figures.timeToFirstToken?.p50, 0.1) && Self.near(figures.timeToFirstToken?.max, 0.2))
        #expect(Self.near(figures.timeToFirstToken?.mean, 0.4 / 3))
        #expect(Self.near(figures.timePerToken?.p99, 0.02) && Self.near(figures.interToken?.p50, 0.02))
        #expect(Self.near(figures.endToEnd?.p50, 0.19) && figures.interToken?.count == 12)
        #expect(Self.near(figures.lateness?.max, 0.001) && Self.near(figures.tokensPerArrival, 1))
        #expect(figures.speculation?.acceptanceRate == 0.5 && figures.speculation?.meanLookahead == 2)
        #expect(Self.near(figures.speculation?.acceptanceLength, 5 / 3))
    }

    @Test func aClientThatStarvesShows() throws {
        var recorder = LoadRecorder([.asked], goal: ServiceLevels())
        recorder.open(.asked, from: 10, until: 20)
        for number in 0..<4 { recorder.add(Self.trace(number, at: 11 + Double(number), client: 0)) }
        recorder.add(Self.trace(4, at: 19.85, client: 1))
        recorder.add(Self.trace(5, at: 10, first: 12, client: 2))
        recorder.close(at: 25)
        let times = try #require(recorder.figures(now: 25)[0].clientTimePerToken)
        // 20, 3 and none of 10 counted seconds.
        #expect(times.count == 3 && Self.near(times.least, 0.5))
        #expect(Self.near(times.p50, 10.0 / 3) && Self.near(times.max, 10))
        #expect(LoadRecorder([.asked], goal: ServiceLevels()).figures(now: 1)[0].clientTimePerToken == nil)
    }

    @Test func whatDidNotEndCountsWithItsTimeSoFar() throws {
        var recorder = LoadRecorder([.asked], goal: ServiceLevels())
        recorder.open(.asked, from: 0, until: nil)
        recorder.add(Self.trace(0, at: 0, first: 8, tokens: 0, ending: .cutOff))
        recorder.add(Self.trace(1, at: 0, tokens: 2, ending: .timedOut))
        recorder.close(at: 10)
        let figures = recorder.figures(now: 10)[0]
        #expect(figures.cutOff == 1 && figures.timedOut == 1 && figures.completed == 0 && figures.goodShare == 0)
        #expect(Self.near(figures.timeToFirstToken?.max, 8.01) && Self.near(figures.endToEnd?.max, 8.01))
    }

    @Test func anEmptyAnswerHasItsFirstTokenAtTheEnd() throws {
        var recorder = LoadRecorder([.asked], goal: try ServiceLevels("ttft=150ms"))
        recorder.open(.asked, from: 0, until: 10)
        recorder.add(Self.trace(0, at: 1, tokens: 0))
        recorder.add(Self.trace(1, at: 2, first: 3, tokens: 0))
        recorder.add(Self.trace(2, at: 3))
        recorder.close(at: 10)
        let figures = recorder.figures(now: 10)[0]
        #expect(figures.completed == 3 && figures.empty == 2 && Self.near(figures.goodShare, 2.0 / 3))
    }

    @Test func arrivalsOfSeveralTokens() throws {
        var recorder = LoadRecorder([.asked], goal: ServiceLevels())
        recorder.open(.asked, from: 0, until: 1)
        var trace = Self.trace(0, at: 0.8, first: 0.1, gap: 0.2, tokens: 2)
        trace.arrivals[0].weight = 30
        trace.arrivals[1].weight = 10
        trace.reportedTokens = 8
        recorder.add(trace)
        trace.reportedTokens = nil
        trace.order.number = 1
        recorder.add(trace)
        recorder.close(at: 2)
        let figures = recorder.figures(now: 2)[0]
        #expect(Self.near(figures.tokens, 6 + 1.5), "three quarters of the bytes came in time")
        #expect(Self.near(figures.timePerToken?.max, 0.2) && Self.near(figures.timePerToken?.p50, 0.2 / 7))
        #expect(figures.tokensAreEstimated && Self.near(figures.tokensPerArrival, 2.5))
    }

    @Test func textsOfBothArmsAreCompared() {
        var recorder = LoadRecorder([.asked, .off], goal: ServiceLevels())
        for (number, hash) in [(0, 1), (1, 2), (2, 3)] {
            recorder.add(Self.trace(number, at: 0, hash: hash))
        }
        for (number, hash) in [(0, 1), (1, 9)] { recorder.add(Self.trace(number, at: 1, arm: .off, hash: hash)) }
        #expect(recorder.comparedTexts == 2 && recorder.differentTexts == 1)
        #expect(recorder.figures(now: 1).map(\.arm) == [.asked, .off])
    }

    @Test func percentilesOfManyAreExact() throws {
        var recorder = LoadRecorder([.asked], goal: ServiceLevels())
        for number in 1...1000 { recorder.add(Self.trace(number, at: 0, first: Double(number) / 1000)) }
        let times = try #require(recorder.figures(now: 1)[0].timeToFirstToken)
        for (value, expected) in [(times.p50, 0.5), (times.p90, 0.9), (times.p95, 0.95), (times.p99, 0.99)] {
            #expect(Self.near(value, expected))
        }
        #expect(times.max == 1 && times.curve.map(\.seconds) == times.curve.map(\.seconds).sorted())
    }
}

@Suite(.oneAtATime) struct ServiceLevelsTests {
    @Test func reads() throws {
        let levels = try ServiceLevels("ttft=500ms,tpot=0.05s,itl=900us,e2e=5s")
        #expect(levels.timeToFirstToken == 0.5 && levels.timePerToken == 0.05 && levels.endToEnd == 5)
        #expect(levels.description == "ttft=500ms,tpot=50ms,itl=0.9ms,e2e=5000ms")
    }

    @Test(arguments: ["", "ttft", "ttft=", "ttft=5", "ttft=-1ms", "ttft=0s", "speed=1s", "ttft=1s,", "tpot=nans"])
    func refuses(_ text: String) {
        #expect(throws: ServiceLevels.ParseError.self) { try ServiceLevels(text) }
    }
}
