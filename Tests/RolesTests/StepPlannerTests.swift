internal import TestSupport
internal import Testing

@testable import Roles
@testable import Speculation

@Suite struct StepPlannerTests {
    /// A meter of a target whose passes take 10 ms and 1 ms for each row, at 100 tokens a second.
    static func meter(prefill: Bool = true) -> TargetMeter {
        var meter = TargetMeter()
        var now: Seconds = 0
        for round in 0..<400 {
            let rows = [1, 2, 4, 8, 16, 32][round % 6]
            now += 0.1
            meter.learn(rows: rows, prefill: 0, tokens: 10, seconds: 0.01 + 0.001 * Seconds(rows), now: now)
        }
        if prefill { meter.learn(rows: 33, prefill: 32, tokens: 1, seconds: 0.011 + 0.032, now: now + 0.1) }
        return meter
    }

    static func offer(
        feed: Int = 1, isPrefill: Bool = false, openedAt: Seconds = 0, survivals: [Double] = [], isPriced: Bool = true
    ) -> TargetSequence.Standing {
        .open(
            isPrefill
                ? .prefill(.init(position: 0, feed: feed, promptCount: 0, openedAt: openedAt))
                : .ready(feed: feed, survivals: survivals, isPriced: isPriced))
    }

    static func plan(_ standings: [TargetSequence.Standing], maxRows: Int = 256, meter: TargetMeter = Self.meter())
        -> StepPlanner.Plan
    {
        var planner = StepPlanner(maxRows: maxRows, piece: 128)
        return planner.plan(standings, meter, now: 1000)
    }

    @Test func draftTokensAreTakenByTheirSurvivalAtOnePriceForAllSequences() {
        // A row costs 1 ms at 100 tokens a second: 0.1 tokens.
        let plan = Self.plan([
            Self.offer(survivals: [0.9, 0.8, 0.05]), Self.offer(survivals: [0.3, 0.08]),
            Self.offer(survivals: [0.02]), Self.offer(),
        ])
        #expect(
            plan.parts == [
                .pass(feed: 1, candidates: 2), .pass(feed: 1, candidates: 1), .pass(feed: 1, candidates: 0),
                .pass(feed: 1, candidates: 0),
            ])
        #expect(plan.wait == nil)
    }

    @Test func whatAPublishedRuleSendsIsCheckedAsItIs() {
        let plan = Self.plan([Self.offer(survivals: [0.01, 0.001, 0.0001], isPriced: false)])
        #expect(plan.parts == [.pass(feed: 1, candidates: 3)])
    }

    @Test func aStepInTheTimeOfPassesIsLookedOver() {
        var meter = TargetMeter()
        // The second row costs a pass more, the next six nothing.
        for round in 0..<200 {
            let rows = [1, 2, 4, 8][round % 4]
            meter.learn(rows: rows, prefill: 0, tokens: 1, seconds: rows == 1 ? 0.01 : 0.02, now: Seconds(round) * 0.01)
        }
        #expect(Self.plan([Self.offer(survivals: [0.9])], meter: meter).parts == [.pass(feed: 1, candidates: 0)])
        let long = Self.plan([Self.offer(survivals: [0.9, 0.8, 0.7, 0.6])], meter: meter)
        #expect(long.parts == [.pass(feed: 1, candidates: 4)])
    }

    @Test func aPrefillAmongOthersHoldsThemUpByLittleAndGoesAloneAtOnce() {
        let standings = [Self.offer(), Self.offer(feed: 500, isPrefill: true), Self.offer()]
        guard case .pass(let feed, 0) = Self.plan(standings).parts[1] else {
            Issue.record("no piece: \(Self.plan(standings).parts)")
            return
        }
        // 10 ms and 1 ms a row; an ordinary pass has a row of each.
        let (ordinary, pass) = (13.0, 10 + 2 + Double(feed))
        #expect(pass <= TargetMeter.usualPasses * ordinary + 1 && pass > 1.8 * ordinary, "\(feed) rows")
        #expect(Self.plan([Self.offer(feed: 500, isPrefill: true)]).parts == [.pass(feed: 128, candidates: 0)])
    }

    @Test func whereAFewRowsAreForNothingAPrefillHasMoreThanThose() throws {
        var meter = TargetMeter()
        for round in 0..<600 {
            let rows = [1, 8, 16, 32, 64, 128][round % 6]
            let seconds = [0.020, 0.0204, 0.026, 0.032, 0.044, 0.068][round % 6]
            meter.learn(rows: rows, prefill: rows - 1, tokens: 1, seconds: seconds, now: Seconds(round) * 0.1)
        }
        let plan = Self.plan([Self.offer(), Self.offer(feed: 500, isPrefill: true)], meter: meter)
        guard case .pass(let feed, 0) = plan.parts[1] else {
            Issue.record("no piece: \(plan.parts)")
            return
        }
        #expect(feed >= 32)
    }

    @Test func ofPrefillsThatCameTogetherTheShortestIsFirstAndOneThatHasWaitedLongForLittleBeforeIt() {
        let prompts: [(feed: Int, openedAt: Seconds)] = [(30_000, 900), (400, 900), (20, 900), (400, 10)]
        let plan = Self.plan(prompts.map { Self.offer(feed: $0.feed, isPrefill: true, openedAt: $0.openedAt) })
        // 100 s for 30,000, 400 and 20 tokens, and 990 s for 400.
        #expect(
            plan.parts == [
                .out, .pass(feed: 108, candidates: 0), .pass(feed: 20, candidates: 0), .pass(feed: 128, candidates: 0),
            ])
    }

    /// Short prompts come for ever, as many as there is time for, and each is overtaken by a long one at last.
    @Test func noPrefillWaitsForEverHoweverManyShorterOnesCome() {
        var planner = StepPlanner(maxRows: 64, piece: 64)
        let meter = Self.meter()
        var now: Seconds = 0
        var shorts: [(left: Int, openedAt: Seconds)] = []
        var (long, passes, longestWait) = (2000, 0, 0.0)
        while long > 0, passes < 1000 {
            shorts += Array(repeating: (32, now), count: 2)
            var standings = [Self.offer(feed: long, isPrefill: true)]
            standings += shorts.map { Self.offer(feed: $0.left, isPrefill: true, openedAt: $0.openedAt) }
            let parts = planner.plan(standings, meter, now: now).parts
            if case .pass(let feed, _) = parts[0] { long -= feed }
            for (index, part) in parts.dropFirst().enumerated() {
                if case .pass(let feed, _) = part { shorts[index].left -= feed }
            }
            now += 1
            for short in shorts where short.left == 0 { longestWait = max(longestWait, now - short.openedAt) }
            shorts.removeAll { $0.left == 0 }
            passes += 1
        }
        // The time of 32 passes is its own; the ratio of the lengths bounds how often it is overtaken.
        #expect(long <= 0, "\(long) tokens left after \(passes) passes")
        #expect(longestWait < 40, "a short one waited \(longestWait) passes for it")
    }

    /// Rows that prefills get beside two sequences.
    private static func prefillRows(of waiting: Int, tokens: Int = 200, _ meter: TargetMeter) -> Int {
        let prefills = (0..<waiting).map { _ in Self.offer(feed: tokens, isPrefill: true) }
        return Self.prefillRows(in: Self.plan([Self.offer(), Self.offer()] + prefills, meter: meter))
    }

    private static func prefillRows(in plan: StepPlanner.Plan) -> Int {
        plan.parts.dropFirst(2).reduce(0) { rows, part in
            if case .pass(let feed, _) = part { rows + feed } else { rows }
        }
    }

    /// Measured by the two that run, pieces would stay short and most texts would stay in the queue.
    @Test func anOrdinaryPassIsOneWithARowOfEveryTextThatWaits() {
        let meter = Self.meter()
        let rows = [2, 16, 32].map { Self.prefillRows(of: $0, meter) }
        #expect(rows[0] < rows[1] && rows[1] < rows[2], "\(rows)")
        for (waiting, rows) in zip([2, 16, 32], rows) {
            // Passes take 10 ms and 1 ms for each row.
            let ordinary = 10 + Double(2 + waiting)
            #expect(Double(12 + rows) <= TargetMeter.mostPasses * ordinary * 1.1, "\(rows) rows")
            let long = Self.prefillRows(of: waiting, tokens: 2000, meter)
            #expect(Double(12 + long) <= TargetMeter.usualPasses * ordinary * 1.1, "\(long) rows of long prompts")
        }
    }

    /// Where draft tokens make passes wide, an ordinary pass is still one of all texts without them.
    @Test func draftTokensMakeNoPieceLonger() {
        var drafting = Self.meter()
        for pass in 0..<100 {
            drafting.learn(rows: 40, prefill: 0, tokens: 12, seconds: 0.05, now: 1000 + Seconds(pass))
        }
        #expect(Self.prefillRows(of: 4, drafting) <= Self.prefillRows(of: 4, Self.meter()) + 8)
    }

    @Test func aPieceOfAShortPromptHoldsOthersUpForLongerThanOneOfALongPrompt() {
        let meter = Self.tiledMeter(tile: 0.55)
        #expect(Self.prefillRows(of: 8, meter) >= 48, "about half the price of a row")
        #expect(Self.prefillRows(of: 8, tokens: 2000, meter) < 32, "it would be so in pass after pass")
        // What the short one does not need is not for the long ones behind it.
        let short = Self.offer(feed: 8, isPrefill: true)
        let long = (0..<8).map { _ in Self.offer(feed: 5000, isPrefill: true) }
        let plan = Self.plan([Self.offer(), Self.offer(), short] + long, meter: meter)
        #expect(plan.parts[2] == .pass(feed: 8, candidates: 0))
        #expect(Self.prefillRows(in: plan) < 32)
    }

    @Test func theLastFewRowsOfAPromptNeedNoPassOfTheirOwn() {
        #expect(Self.prefillRows(of: 4, tokens: 5, Self.meter()) == 20)
        #expect(Self.prefillRows(of: 1, tokens: 15, Self.meter()) == 15)
        #expect(Self.prefillRows(of: 1, tokens: 1, Self.meter()) == 1)
    }

    /// Rows of 1 ms, and a kernel that computes 64 of them at once, at this part of the price.
    private static func tiledMeter(tile: Seconds) -> TargetMeter {
        var meter = TargetMeter()
        var now: Seconds = 0
        for round in 0..<600 {
            let rows = [1, 2, 4, 8, 16, 32, 64, 128][round % 8]
            now += 1
            let seconds = 0.001 * Seconds(rows) * (rows < 64 ? 1 : tile)
            meter.learn(rows: rows, prefill: 0, tokens: 2, seconds: seconds, now: now)
        }
        for _ in 0..<100 {
            now += 1
            meter.learn(rows: 2, prefill: 0, tokens: 2, seconds: 0.002, now: now)
        }
        return meter
    }

    /// What tokens cost without prefills is not known where prompts always wait, unless they wait for one pass more.
    @Test func nowAndThenPromptsWaitForAPassWithoutThem() {
        var planner = StepPlanner(maxRows: 256, piece: 128)
        var (meter, now) = (Self.meter(), 1000.0)
        let standings = [Self.offer(), Self.offer(), Self.offer(feed: 100_000, isPrefill: true)]
        var pauses = 0
        for _ in 0..<170 {
            let rows = planner.plan(standings, meter, now: now).parts.map { part in
                if case .pass(let feed, _) = part { feed } else { 0 }
            }
            now += 0.02
            meter.learn(rows: 2 + rows[2], prefill: rows[2], tokens: 2, seconds: 0.02, now: now)
            #expect(rows[0] == 1 && rows[1] == 1)
            if rows[2] == 0 { pauses += 1 }
        }
        #expect(pauses == 10)
        // Alone it does not wait.
        for pass in 0..<40 { meter.learn(rows: 128, prefill: 128, tokens: 0, seconds: 0.1, now: now + Seconds(pass)) }
        let alone = planner.plan([Self.offer(feed: 500, isPrefill: true)], meter, now: now + 50)
        #expect(alone.parts == [.pass(feed: 128, candidates: 0)])
    }

    /// A row of an exact pass may stand for many.
    @Test func aPrefillGoesOnWhereEachPieceIsMadeWide() {
        var planner = StepPlanner(maxRows: 64, piece: 64, exact: ExactPasses(least: 16, most: 64))
        var meter = Self.meter()
        // Pieces far into a long prompt, which take three times as long as others of their width.
        for pass in 0..<40 {
            meter.learn(rows: 16, prefill: 15, tokens: 1, seconds: 0.08, now: 50 + 0.1 * Seconds(pass))
        }
        meter.learn(rows: 2, prefill: 0, tokens: 2, seconds: 0.012, now: 55)
        let plan = planner.plan(
            [Self.offer(), Self.offer(), Self.offer(feed: 5000, isPrefill: true)], meter, now: 1000)
        guard case .pass(let feed, 0) = plan.parts[2], feed > 0 else {
            Issue.record("the prompt stands still: \(plan.parts)")
            return
        }
    }

    /// More plain rows than a pass holds, so that each pass begins with another sequence, and long prompts among them.
    @Test func aPrefillGoesOnWhicheverSequenceIsLookedAtFirst() {
        var planner = StepPlanner(maxRows: 24, piece: 24)
        let plain = (0..<20).map { _ in Self.offer() }
        var standings = plain + [Self.offer(feed: 5000, isPrefill: true)] + plain
        standings += [Self.offer(feed: 5000, isPrefill: true), Self.offer(feed: 5000, isPrefill: true, openedAt: 999)]
        var fed: [Int: Int] = [:]
        for _ in 0..<100 {
            for (index, part) in planner.plan(standings, Self.meter(), now: 1000).parts.enumerated() {
                if case .pass(let feed, _) = part { fed[index, default: 0] += feed }
            }
        }
        #expect(fed[20, default: 0] >= 8 * 100, "the first has its piece in each pass: \(fed[20, default: 0])")
        #expect((0..<20).allSatisfy { fed[$0, default: 0] > 20 }, "and every plain row has its turn")
    }

    @Test func whateverOthersSendAPlainRowAndAPrefillHaveTheirPlace() {
        let full = (0..<4).map { _ in Self.offer(survivals: Array(repeating: 1, count: 255), isPriced: false) }
        let plan = Self.plan(full + [Self.offer(), Self.offer(feed: 500, isPrefill: true)])
        #expect(plan.parts[4] == .pass(feed: 1, candidates: 0))
        #expect(plan.parts[5] == .pass(feed: 8, candidates: 0))
    }

    @Test func rowsThatAreMadeUpCount() {
        var random = SplitMix64(seed: 9)
        for _ in 0..<500 {
            var planner = StepPlanner(maxRows: 64, exact: ExactPasses(least: 2, most: 64))
            let standings = (0..<Int.random(in: 1...20, using: &random)).map { _ in
                Self.offer(
                    feed: random.chance(0.5) ? .random(in: 2...90, using: &random) : 1, isPrefill: random.chance(0.3),
                    survivals: (0..<Int.random(in: 0...40, using: &random)).map { _ in 0.9 },
                    isPriced: random.chance(0.5))
            }
            var rows = 0
            for (index, part) in planner.plan(standings, Self.meter(), now: 0).parts.enumerated() {
                guard case .pass(let feed, let candidates) = part, case .open(let offer) = standings[index] else {
                    continue
                }
                rows += max(2, feed + candidates)
                #expect(feed <= offer.feed && candidates < 32)
            }
            #expect(rows <= 64)
        }
    }

    @Test func wherePassesOfPiecesDifferFromOthersAPromptIsCutByItselfAlone() {
        var random = SplitMix64(seed: 10)
        for _ in 0..<500 {
            var planner = StepPlanner(maxRows: 64, exact: ExactPasses(least: 1, most: 7))
            let standings = (0..<Int.random(in: 1...20, using: &random)).map { _ in
                let prompt = Int.random(in: 1...100, using: &random)
                let position = Int.random(in: 0..<prompt, using: &random) / 32 * 32
                guard random.chance(0.5) else {
                    return Self.offer(
                        survivals: Array(repeating: 0.9, count: .random(in: 0...40, using: &random)), isPriced: false)
                }
                let feed = prompt + Int.random(in: 0...20, using: &random) - position
                return .open(.prefill(.init(position: position, feed: feed, promptCount: prompt)))
            }
            var rows = 0
            var isFed = false
            for (standing, part) in zip(standings, planner.plan(standings, Self.meter(), now: 0).parts) {
                guard case .pass(let feed, let candidates) = part, case .open(let offer) = standing else { continue }
                rows += feed + candidates
                if case .prefill(let prefill) = offer {
                    isFed = true
                    #expect(feed == min(32, prefill.promptCount - prefill.position))
                }
            }
            #expect(rows <= 64)
            let isPlain = standings.contains { if case .open(.ready) = $0 { true } else { false } }
            #expect(isFed || isPlain, "something goes on")
        }
    }

    @Test func whereRowsDoNotReachForAllThoseLeftOutAreFirstInTheNextPass() {
        var planner = StepPlanner(maxRows: 4, piece: 4)
        let standings = (0..<6).map { _ in Self.offer() }
        let first = planner.plan(standings, Self.meter(), now: 0)
        #expect(first.parts.map { $0 == .out } == [false, false, false, false, true, true])
        let next = planner.plan(standings, Self.meter(), now: 0)
        #expect(next.parts[4] != .out && next.parts[5] != .out)
    }

    @Test func noPassHoldsMoreRowsThanItMayWhateverIsOffered() {
        var random = SplitMix64(seed: 5)
        for _ in 0..<500 {
            var planner = StepPlanner(maxRows: .random(in: 1...40, using: &random), piece: 16)
            let most = planner
            let standings = (0..<Int.random(in: 0...12, using: &random)).map { _ in
                Self.offer(
                    feed: random.chance(0.3) ? .random(in: 1...90, using: &random) : 1, isPrefill: random.chance(0.2),
                    survivals: (0..<Int.random(in: 0...20, using: &random)).map { _ in random.chance(0.5) ? 0.5 : 1 },
                    isPriced: random.chance(0.5))
            }
            let plan = planner.plan(standings, Self.meter(prefill: random.chance(0.5)), now: 0)
            var rows = 0
            for part in plan.parts {
                guard case .pass(let feed, let candidates) = part else { continue }
                #expect(feed > 0 && candidates >= 0)
                rows += feed + candidates
            }
            #expect(rows <= most.maxRows)
        }
    }
}
