import ForetokenModels
import Llama
import Synchronization
import TestSupport
import Testing

/// Passes that are timed while a model is loaded.
@Suite(.oneAtATime) struct PassTimerTests {
    /// A clock on which a pass takes 10 ms, and each thread computes for a share of them.
    private static func seconds(share: [Double], threads: Int) throws -> Double? {
        let model = try Model(path: try #require(BundledModels.draft))
        let layout = Context.Layout(sequences: 1, tokens: 64, maxRows: 16, threads: 1)
        // A pass is between two looks at both clocks.
        let clock = Mutex((looks: 0, now: 0.0, computed: 0.0, pass: 0))
        let timer = try PassTimer(
            model: model, layout: layout,
            clocks: .init(
                now: {
                    clock.withLock {
                        $0.now += 0.01
                        return $0.now
                    }
                },
                processor: {
                    clock.withLock {
                        $0.looks += 1
                        // At the end of a pass.
                        if $0.looks.isMultiple(of: 2) {
                            $0.computed += 0.01 * share[$0.pass % share.count] * Double(threads)
                            $0.pass += 1
                        }
                        return $0.computed
                    }
                }))
        return try timer.seconds(rows: 2, threads: threads)
    }

    @Test(arguments: [1, 2]) func onlyPassesWhoseThreadsHadTheirCoresCount(threads: Int) throws {
        #expect(try Self.seconds(share: [1], threads: threads) != nil)
        #expect(try Self.seconds(share: [0.5, 0.5, 0.5, 1], threads: threads) != nil, "one is enough")
        #expect(try Self.seconds(share: [0.5], threads: threads) == nil, "others are at work")
    }
}
