internal import Foundation
internal import Speculation
internal import TestSupport
internal import Testing

@testable import Simulation

@Suite struct ReplayTests {
    /// A text whose guesses are right with a constant probability, or with one of two in runs.
    static func text(_ count: Int, acceptances: [Double], seed: UInt64) -> Trace.Text {
        var random = SplitMix64(seed: seed)
        var text = Trace.Text(
            domain: "d", prompt: "p", promptTokens: 1, tokens: Array(repeating: 1, count: count), drafted: [],
            beyond: [:])
        var kind = 0
        for position in 0..<count {
            if random.chance(0.1) { kind = Int(random.next() % UInt64(acceptances.count)) }
            let acceptance = acceptances[kind]
            let isRight = random.chance(acceptance)
            let gap = Float(log(acceptance / (1 - acceptance)) + 1)
            let token = DraftedToken(
                token: isRight ? 1 : 2, probability: Float(acceptance), entropy: Float(1 - acceptance),
                margin: Float(acceptance), gap: max(gap, 0.1))
            text.drafted.append(token)
            if !isRight { text.beyond[position] = Array(repeating: token, count: 24) }
        }
        return text
    }

    static let texts = (1...12).map { Self.text(500, acceptances: [0.8], seed: $0) }
    /// Lengths of blocks of which one is best, or next to it.
    static let counts = [1, 2, 3, 4, 5, 6, 8, 10, 14, 20]
    static let costs = try! Costs(
        name: "x", curve: [(1, 0.02), (2, 0.022), (8, 0.028)], draftToken: 0.001, overhead: 0.0005)

    static func tally(
        _ rule: LookaheadRule, delay: Seconds, jitter: Seconds = 0, texts: [Trace.Text] = Self.texts
    ) -> Replay.Tally {
        self.tally(Contender(rule)!, delay: delay, jitter: jitter, texts: texts)
    }

    static func tally(
        _ contender: Contender, delay: Seconds, jitter: Seconds = 0, texts: [Trace.Text] = Self.texts
    ) -> Replay.Tally {
        var replay = Replay(
            contender, costs: Self.costs, distance: Distance(delay: delay, jitter: jitter), endTokens: [0])
        for text in texts { replay.run(text) }
        return replay.tally
    }

    @Test(arguments: [1, 3, 6], [0, 0.03])
    func aFixedLookaheadHasTheRateOfTheClosedForm(count: Int, delay: Seconds) {
        let tally = Self.tally(.synchronous(.fixed(count)), delay: delay)
        #expect(tally.tokens == 12 * 499, "all but the prefill's")
        let expected = (1 - pow(0.8, Double(count + 1))) / 0.2
        let round = Double(count) * 0.001 + 2 * delay + Self.costs.pass(rows: count + 1) + 0.0005
        #expect(abs(tally.rate / (expected / round) - 1) < 0.03, "\(tally.rate / (expected / round))")
        #expect(tally.tokens == tally.accepted + tally.passes)
        #expect(abs(Double(tally.accepted) / Double(tally.blocks) - (expected - 1)) < 0.1)
    }

    @Test func nothingDraftedIsTheTargetAlone() {
        let tally = Self.tally(Contender(name: "off", rule: .off) { FixedLookahead(0) }, delay: 1)
        #expect(tally.blocks == 0 && tally.passes == tally.tokens)
        #expect(abs(tally.rate - 50) < 1e-6)
    }

    @Test
    func overlappedRoundsAreReplayedAsSuchAtNoDistanceSlowerThanTheTargetAloneByMoreThanABit() {
        for delay in [0, 0.005, 0.02, 0.08] {
            let overlapped = Self.tally(.fixed(4), delay: delay, texts: Array(Self.texts.prefix(4)))
            let synchronous = Self.tally(.synchronous(.fixed(4)), delay: delay, texts: Array(Self.texts.prefix(4)))
            #expect(overlapped.rate > 0.97 * max(50, synchronous.rate), "\(delay)")
            #expect(overlapped.tokens == synchronous.tokens)
        }
    }

    @Test func theOracleSendsNothingInVainAndNoRuleIsFasterWhereTheNetworkCostsNothing() {
        let oracle = Self.tally(.oracle, delay: 0)
        #expect(oracle.accepted == oracle.sent)
        for rule in Contender.published {
            #expect(Self.tally(rule, delay: 0).rate < oracle.rate, "\(rule)")
        }
    }

    @Test func marginalIsLevelWithTheBestFixedAtEveryDistanceAndWithTheTargetAloneBeyond() {
        for delay in [0, 0.005, 0.02, 0.08, 0.3] {
            let best = Self.counts.map {
                Self.tally(.synchronous(.fixed($0)), delay: delay, texts: Array(Self.texts.prefix(4))).rate
            }.max()!
            let marginal = Self.tally(.marginal, delay: delay, texts: Array(Self.texts.prefix(4))).rate
            #expect(marginal > 0.98 * max(best, 50), "\(delay): \(marginal) of \(best)")
        }
    }

    @Test func jitterCostsHalfOfItAndASeedGivesTheSameAgain() {
        let plain = Self.tally(.synchronous(.fixed(3)), delay: 0.02)
        let shaken = Self.tally(.synchronous(.fixed(3)), delay: 0.01, jitter: 0.02)
        #expect(abs(shaken.seconds / plain.seconds - 1) < 0.02)
        #expect(shaken == Self.tally(.synchronous(.fixed(3)), delay: 0.01, jitter: 0.02))
    }

    @Test func aNarrowLinkMakesLongBlocksDear() {
        var replay = Replay(
            Contender(.synchronous(.fixed(8)))!, costs: Self.costs, distance: Distance(delay: 0, bandwidth: 1e5),
            endTokens: [0])
        replay.run(Self.texts[0])
        #expect(
            replay.tally.seconds > Self.tally(.synchronous(.fixed(8)), delay: 0, texts: [Self.texts[0]]).seconds + 1)
    }

    @Test func anEndTokenEndsABlockAndWhatNoTraceTellsEndsItToo() {
        var text = Self.text(40, acceptances: [0.5], seed: 3)
        for position in text.beyond.keys { text.beyond[position] = [] }
        let cut = Self.tally(.synchronous(.fixed(20)), delay: 0, texts: [text])
        #expect(cut.sent == cut.accepted + cut.blocks || cut.sent <= cut.accepted + cut.blocks)
        for position in text.tokens.indices { text.drafted[position].token = 0 }
        let ended = Self.tally(.synchronous(.fixed(20)), delay: 0, texts: [text])
        #expect(ended.sent == ended.blocks)
    }

    // MARK: Drift

    @Test func throughJumpsOfDelayAndTextItStaysNearTheBestOfEachPhase() async throws {
        let easy = (1...8).map { Self.text(500, acceptances: [0.9], seed: $0) }.map { Self.named($0, "easy") }
        let hard = (11...18).map { Self.text(500, acceptances: [0.6], seed: $0) }.map { Self.named($0, "hard") }
        let drift = try Drift(texts: easy + hard, delays: [0, 0.08, 0.02], costs: Self.costs, endTokens: [0])
        #expect(drift.phases.map(\.domain) == ["easy", "hard", "hard", "easy", "easy", "hard"])
        #expect(drift.phases.map(\.delay) == [0, 0, 0.08, 0.08, 0.02, 0.02])
        #expect(drift.phases.reduce(0) { $0 + $1.texts.count } == 16, "each text once")
        let rules = Self.counts.map { Contender(.synchronous(.fixed($0)))! }
        let outcomes = try await drift.outcomes(Contender(.marginal)!, against: rules)
        let (best, mine) = outcomes.reduce((0, 0)) { ($0.0 + $1.bestSeconds, $0.1 + $1.seconds) }
        #expect(mine < 1.03 * best, "\(mine / best)")
    }

    static func named(_ text: Trace.Text, _ domain: String) -> Trace.Text {
        var text = text
        text.domain = domain
        return text
    }
}
