internal import ForetokenWire
internal import Testing

@testable import Roles
@testable import Speculation

/// Whatever happens between a target and its draft, and to either of them, each text is the target's own.
@Suite struct LosslessRolesTests {
    static let rules: [LookaheadRule] = [
        .off, .fixed(1), .fixed(6), .heuristic, .marginal, .synchronous(.fixed(4)), .synchronous(.marginal),
    ]

    private static func simulation(_ seed: UInt64, _ rule: LookaheadRule, _ faults: PairSimulation.Faults) -> (
        simulation: PairSimulation, expected: [[Token]]
    ) {
        var random = SplitMix64(seed: seed)
        let story = Story(seed: random.next(), agreement: 0.8)
        // Some begin alike, so that slots are copied and used again.
        let shared = (0..<40).map { _ in Token.random(in: 0..<Story.end, using: &random) }
        let prompts = (0..<8).map { number -> [Token] in
            let own: [Token] = [Token(number + 1), .random(in: 0..<Story.end, using: &random)]
            return number % 2 == 0 ? shared + own : own
        }
        let simulation = PairSimulation(
            story: story, prompts: prompts, limit: 60, rule: rule, faults: faults, seed: random.next())
        return (simulation, prompts.map { story.continuation(of: $0, limit: 60) })
    }

    @Test(arguments: Self.rules)
    func throughEveryFaultEveryTextIsTheTargetsOwn(rule: LookaheadRule) async {
        var (accepted, declined, kills, failures) = (0, 0, 0, 0)
        for seed: UInt64 in 0..<24 {
            await Task.yield()
            var random = SplitMix64(seed: seed ^ 0xfa17)
            let faults = PairSimulation.Faults(
                drop: .random(in: 0...0.3, using: &random), duplicate: .random(in: 0...0.3, using: &random),
                kill: random.chance(0.5) ? 0.002 : 0, failure: random.chance(0.5) ? 0.01 : 0,
                delay: 0.001...Double.random(in: 0.002...0.1, using: &random))
            var (simulation, expected) = Self.simulation(seed, rule, faults)
            let ended = simulation.run()
            #expect(ended, "seed \(seed)")
            #expect(simulation.texts == expected, "seed \(seed)")
            #expect(simulation.faultsSeen == [], "seed \(seed)")
            #expect(simulation.target.load.sequences == 0, "seed \(seed)")
            accepted += simulation.accepted
            declined += simulation.declined
            kills += simulation.kills
            failures += simulation.failures
        }
        #expect((accepted > 500) == (rule != .off), "faults leave something to speculate: \(accepted)")
        #expect(declined > 0, "three texts want two slots of the draft, or its rule drafts nothing")
        #expect(kills > 3 && failures > 10)
    }

    @Test(arguments: Self.rules.filter { $0 != .off })
    func overACleanChannelTheDraftHasTheSlotsThatItHas(rule: LookaheadRule) {
        var (simulation, expected) = Self.simulation(1, rule, PairSimulation.Faults())
        let ended = simulation.run()
        #expect(ended && simulation.texts == expected && simulation.faultsSeen == [])
        #expect(simulation.declined > 0 && simulation.accepted > 50)
    }
}
