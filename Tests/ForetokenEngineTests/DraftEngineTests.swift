import Executors
import ForetokenEngine
import Speculation
import TestSupport
import Testing

@Suite(.oneAtATime) struct DraftEngineTests {
    /// An engine whose passes are watched.
    struct Bed: ~Copyable {
        let loop = ThreadLoop(name: "draft-model")
        let watch = WatchedModel.Watch()
        let engine: DraftEngine

        init(slots: Int = 6, maxRows: Int = 256, endShare: Double = 0, sharesThread: Bool = false) {
            let model = SyntheticModel(
                language: SyntheticLanguage(endShare: endShare), slots: slots, maxRows: maxRows)
            self.engine = DraftEngine(
                model: WatchedModel(model, watch: self.watch), loop: self.loop, sharesThread: sharesThread)
        }

        deinit {
            self.loop.stop()
        }
    }

    typealias Result = Swift.Result<DraftOutcome, ModelError>

    static func prompt(_ seed: Int, count: Int) -> [Token] {
        (0..<count).map { Token((seed * 7919 + $0 * $0 * 31 + $0 * seed) % 300) }
    }

    static func job(_ feed: [Token], at position: Int = 0, _ lookahead: any Lookahead = FixedLookahead(8)) -> DraftOrder
    {
        DraftOrder(position: position, feed: feed, lookahead: lookahead, most: 64)
    }

    static func sampler(_ seed: UInt64) -> Sampler { Sampler(Sampling(temperature: 0.9, seed: seed)) }

    /// What a job gives in an engine of its own.
    static func alone(_ job: DraftOrder, _ sampler: Sampler, endShare: Double = 0) async throws -> [DraftedToken] {
        let bed = Bed(endShare: endShare)
        return try await bed.engine.draft(job, slot: 0, sampler: sampler).tokens
    }

    @Test(arguments: [3, 8, 256]) func sideBySideEachRunDraftsWhatItDraftsAlone(maxRows: Int) async throws {
        let bed = Bed(maxRows: maxRows, endShare: 0.05)
        let rules: [any Lookahead] = [
            FixedLookahead(8), FixedLookahead(0), ConfidenceLookahead(threshold: 0.4), FixedLookahead(20),
            EntropyLookahead(threshold: 0.2), FixedLookahead(1),
        ]
        let jobs = rules.enumerated().map { Self.job(Self.prompt($0, count: 1 + 13 * $0), $1) }
        let results = Recorder<(slot: Int, result: Result)>()
        let engine = bed.engine
        try await bed.loop.run {
            for (slot, job) in jobs.enumerated() {
                engine.begin(job, slot: slot, sampler: Self.sampler(UInt64(slot))) { results.add((slot, $0)) }
            }
        }
        for (slot, result) in try await results.wait(for: jobs.count) {
            let expected = try await Self.alone(jobs[slot], Self.sampler(UInt64(slot)), endShare: 0.05)
            #expect(try result.get().tokens == expected)
        }
        #expect(bed.watch.passes.allSatisfy { $0.count <= maxRows })
        if maxRows == 256 { #expect(bed.watch.passes.count <= 24, "passes are shared") }
    }

    @Test func timedAreTheDraftTokensNotTheFeedingOfAPrompt() async throws {
        let bed = Bed()
        let first = try await bed.engine.draft(Self.job([1, 2, 3]), slot: 0, sampler: Self.sampler(1))
        #expect((first.tokens.count, first.timedTokens) == (8, 7))
        let next = try await bed.engine.draft(Self.job([4, 5], at: 3), slot: 0, sampler: Self.sampler(1))
        #expect((next.tokens.count, next.timedTokens) == (8, 8))
        #expect(next.seconds > 0)
        let none = try await bed.engine.draft(
            Self.job([6], at: 5, FixedLookahead(0)), slot: 0, sampler: Self.sampler(1))
        #expect((none.tokens.count, none.timedTokens) == (0, 0))
    }

    @Test func aCancelledRunHandsOverWhatItHas() async throws {
        let bed = Bed()
        let (engine, feed) = (bed.engine, Self.prompt(1, count: 4))
        bed.watch.onPass { number, _ in
            if number == 4 { engine.cancel(slot: 2) }
        }
        let long = Self.job(feed, FixedLookahead(30))
        let outcome = try await engine.draft(long, slot: 2, sampler: Self.sampler(1))
        let expected = try await Self.alone(long, Self.sampler(1))
        #expect(outcome.tokens == Array(expected[..<5]))
        #expect(bed.watch.passes.count == 5)
        // The slot is as after any other run: the last token is not fed.
        let tokens = expected.map(\.token)
        let next = Self.job(Array(tokens[4...5]), at: 8, FixedLookahead(3))
        #expect(try await engine.draft(next, slot: 2, sampler: Self.sampler(1)).tokens == Array(expected[6...8]))
        engine.cancel(slot: 2)
        engine.cancel(slot: 99)
    }

    @Test(arguments: [0, 10, 30, 50]) func afterACancelWithinAFeedTheNextJobFindsWhatItCountsOn(
        position: Int
    ) async throws {
        let bed = Bed(maxRows: 8)
        let (engine, feed) = (bed.engine, Self.prompt(3, count: 50))
        bed.watch.onPass { number, _ in
            if number == 2 { engine.cancel(slot: 0) }
        }
        let cancelled = try await engine.draft(Self.job(feed), slot: 0, sampler: Self.sampler(1))
        #expect(cancelled.tokens.isEmpty && cancelled.timedTokens == 0 && cancelled.seconds == 0)
        #expect(bed.watch.passes.count == 3)
        let tokens = Array(feed[..<position]) + [7, 8, 9]
        let next = try await engine.draft(Self.job([7, 8, 9], at: position), slot: 0, sampler: Self.sampler(1))
        #expect(try await next.tokens == Self.alone(Self.job(tokens), Self.sampler(1)))
    }

    @Test func aRunThatBeginsInABusySlotEndsTheOneBefore() async throws {
        let bed = Bed()
        let engine = bed.engine
        let results = Recorder<Result>()
        let jobs = [Self.prompt(1, count: 9), Self.prompt(2, count: 5)].map { Self.job($0) }
        try await bed.loop.run {
            for job in jobs { engine.begin(job, slot: 0, sampler: Self.sampler(1)) { results.add($0) } }
        }
        let outcomes = try await results.wait(for: 2)
        #expect(try outcomes[0].get().tokens.isEmpty)
        #expect(try await outcomes[1].get().tokens == Self.alone(jobs[1], Self.sampler(1)))
    }

    @Test func aLongPromptDoesNotHoldUpARunBesideIt() async throws {
        let bed = Bed(maxRows: 128)
        let engine = bed.engine
        let long = Self.job(Self.prompt(1, count: 1500))
        let short = Self.job(Self.prompt(2, count: 5), FixedLookahead(6))
        let results = Recorder<(slot: Int, result: Result)>()
        bed.watch.onPass { number, _ in
            if number == 1 { engine.begin(short, slot: 1, sampler: Self.sampler(2)) { results.add((1, $0)) } }
        }
        engine.begin(long, slot: 0, sampler: Self.sampler(1)) { results.add((0, $0)) }
        let outcomes = try await results.wait(for: 2)
        #expect(outcomes.map(\.slot) == [1, 0])
        for (outcome, job) in zip(outcomes, [short, long]) {
            let sampler = Self.sampler(outcome.slot == 1 ? 2 : 1)
            #expect(try await outcome.result.get().tokens == Self.alone(job, sampler))
        }
        let passes = bed.watch.passes
        #expect(passes[..<2].map(\.count) == [128, 128], "alone, a prompt is fed as fast as can be")
        #expect(passes.filter { $0.contains { $0.slot == 1 } }.count == 6, "the prompt's pass drafts the first token")
        #expect(passes[2..<8].allSatisfy { $0.count <= 34 && $0.contains { $0.slot == 0 } })
        #expect(passes[8].count == 128)
    }

    @Test func onASharedThreadWhoComesJoinsTheBlocksAtWorkAndAPromptDoesNot() async throws {
        let bed = Bed(sharesThread: true)
        let engine = bed.engine
        let results = Recorder<(slot: Int, result: Result)>()
        let jobs = [
            Self.job(Self.prompt(1, count: 1), FixedLookahead(8)),
            Self.job(Self.prompt(2, count: 90), FixedLookahead(2)),
            Self.job(Self.prompt(3, count: 2), FixedLookahead(6)),
        ]
        bed.watch.onPass { number, _ in
            guard number == 0 else { return }
            for slot in 1...2 {
                engine.begin(jobs[slot], slot: slot, sampler: Self.sampler(9)) { results.add((slot, $0)) }
            }
        }
        engine.begin(jobs[0], slot: 0, sampler: Self.sampler(9)) { results.add((0, $0)) }
        let outcomes = try await results.wait(for: 3)
        for outcome in outcomes {
            let tokens = try outcome.result.get().tokens
            #expect(try await tokens == Self.alone(jobs[outcome.slot], Self.sampler(9)))
        }
        let slots = bed.watch.passes.map { Set($0.map(\.slot)) }
        #expect(slots == [[0]] + Array(repeating: [0, 2], count: 6) + [[0], [1], [1], [1]])
        #expect(bed.watch.passes.map(\.count).max() == 64)
    }

    @Test func whatIsAskedIsDoneInItsOrder() async throws {
        let bed = Bed(sharesThread: true)
        let engine = bed.engine
        let results = Recorder<Result>()
        let job = Self.job(Self.prompt(1, count: 3), FixedLookahead(5))
        bed.watch.onPass { number, _ in
            guard number == 1 else { return }
            engine.cancel(slot: 0)
            engine.empty(slot: 0)
            engine.begin(job, slot: 0, sampler: Self.sampler(4)) { results.add($0) }
        }
        engine.begin(Self.job(Self.prompt(2, count: 1)), slot: 0, sampler: Self.sampler(3)) { results.add($0) }
        let outcomes = try await results.wait(for: 2)
        #expect(try outcomes[0].get().tokens.count == 2)
        #expect(try await outcomes[1].get().tokens == Self.alone(job, Self.sampler(4)))
    }

    @Test func aFailedPassEndsItsRunsAndNoLaterOnes() async throws {
        let bed = Bed()
        let engine = bed.engine
        let results = Recorder<Result>()
        bed.watch.onPass { (number, _) throws(ModelError) in
            if number == 3 { throw .decodeFailed(code: -3) }
        }
        let jobs = (0..<3).map { Self.job(Self.prompt($0, count: 4)) }
        try await bed.loop.run {
            for (slot, job) in jobs.enumerated() {
                engine.begin(job, slot: slot, sampler: Self.sampler(1)) { results.add($0) }
            }
        }
        for result in try await results.wait(for: 3) {
            #expect(throws: ModelError.decodeFailed(code: -3)) { try result.get() }
        }
        for (slot, job) in jobs.enumerated() {
            let outcome = try await engine.draft(job, slot: slot, sampler: Self.sampler(1))
            #expect(try await outcome.tokens == Self.alone(job, Self.sampler(1)))
        }
    }

    @Test func aRunThatCannotBeginFailsAlone() async throws {
        let bed = Bed(slots: 2)
        let engine = bed.engine
        let results = Recorder<(slot: Int, result: Result)>()
        let job = Self.job(Self.prompt(1, count: 4))
        try await bed.loop.run {
            for slot in [0, 5] { engine.begin(job, slot: slot, sampler: Self.sampler(1)) { results.add((slot, $0)) } }
        }
        let outcomes = try await results.wait(for: 2)
        #expect(outcomes.map(\.slot) == [5, 0])
        #expect(throws: ModelError.self) { try outcomes[0].result.get() }
        #expect(try await outcomes[1].result.get().tokens == Self.alone(job, Self.sampler(1)))
    }
}
