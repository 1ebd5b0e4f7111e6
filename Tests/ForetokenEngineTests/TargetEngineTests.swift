import Executors
import ForetokenEngine
import Speculation
import TestSupport
import Testing

@Suite(.oneAtATime) struct TargetEngineTests {
    private static let sampler = Sampler(Sampling(temperature: 0.9, seed: 3))

    private static func entry(
        _ feed: [Token], at position: Int = 0, slot: Int, source: SlotSource? = nil
    ) -> PassEntry {
        .init(
            slot: slot, pass: TargetSequence.Pass(position: position, feed: feed, candidates: []),
            sampler: Self.sampler,
            source: source)
    }

    /// What is chosen behind tokens that are fed from the beginning.
    private static func choice(behind tokens: [Token]) async throws -> Token {
        let loop = ThreadLoop(name: "target-model")
        defer { loop.stop() }
        let engine = TargetEngine(model: SyntheticModel(), loop: loop)
        return try await engine.run([self.entry(tokens, slot: 0)]).walks[0]!.choices[0].token
    }

    @Test func aSlotBeginsWithWhatAnotherHoldsBeforeThatGoesOnOrIsRolledBack() async throws {
        let loop = ThreadLoop(name: "target-model")
        defer { loop.stop() }
        let watch = WatchedModel.Watch()
        let engine = TargetEngine(model: WatchedModel(SyntheticModel(), watch: watch), loop: loop)
        _ = try await engine.run([Self.entry([1, 2, 3, 4, 5], slot: 0)])
        let outcome = try await engine.run([
            Self.entry([9], at: 2, slot: 0), Self.entry([6], at: 4, slot: 1, source: SlotSource(slot: 0, count: 4)),
        ])
        #expect(watch.passes[1].count == 2)
        #expect(try await outcome.walks[0]!.choices[0].token == Self.choice(behind: [1, 2, 9]))
        #expect(try await outcome.walks[1]!.choices[0].token == Self.choice(behind: [1, 2, 3, 4, 6]))
    }

    @Test func slotsGoIntoAPassInTheirOrderAndWalksComeInThatOfTheEntries() async throws {
        let loop = ThreadLoop(name: "target-model")
        defer { loop.stop() }
        let watch = WatchedModel.Watch()
        let engine = TargetEngine(model: WatchedModel(SyntheticModel(), watch: watch), loop: loop)
        let outcome = try await engine.run([Self.entry([5, 6, 7], slot: 1), Self.entry([1, 2, 3, 4], slot: 0)])
        #expect(watch.passes[0].map(\.slot) == [0, 0, 0, 0, 1, 1, 1])
        #expect(try await outcome.walks[0]!.choices[0].token == Self.choice(behind: [5, 6, 7]))
        #expect(try await outcome.walks[1]!.choices[0].token == Self.choice(behind: [1, 2, 3, 4]))
    }

    @Test func aSourceThatDoesNotHoldEnoughFailsThePassAndEmptiesItsSlots() async throws {
        let loop = ThreadLoop(name: "target-model")
        defer { loop.stop() }
        let engine = TargetEngine(model: SyntheticModel(), loop: loop)
        _ = try await engine.run([Self.entry([1, 2, 3], slot: 0)])
        await #expect(throws: ModelError.self) {
            _ = try await engine.run([Self.entry([6], at: 4, slot: 1, source: SlotSource(slot: 0, count: 4))])
        }
        _ = try await engine.run([Self.entry([4], at: 3, slot: 0), Self.entry([1, 2], slot: 1)])
    }
}
