import Speculation
import Testing

@testable import ForetokenEngine

struct PassCallsTests {
    private typealias Call = PassCalls.Call

    private static func calls(_ parts: [(slot: Int, rows: Int)], _ exact: ExactPasses?) -> [Call] {
        PassCalls(parts.map { PassCalls.Part(slot: $0.slot, rows: $0.rows) }, exact: exact).calls
    }

    @Test func withoutExactnessAllIsOneCall() {
        #expect(Self.calls([(2, 5), (0, 1), (1, 40)], nil) == [Call(parts: [1, 2, 0], pieces: [])])
        #expect(Self.calls([], nil) == [])
    }

    @Test func neighboursWithEquallyManyRowsShareACallAsFarAsItIsWide() {
        let exact = ExactPasses(least: 1, most: 7)
        #expect(
            Self.calls([(0, 3), (1, 3), (2, 3), (4, 3)], exact)
                == [
                    Call(parts: [0, 1], pieces: [0..<3]), Call(parts: [2], pieces: [0..<3]),
                    Call(parts: [3], pieces: [0..<3]),
                ])
        #expect(Self.calls([(0, 9)], exact) == [Call(parts: [0], pieces: [0..<4, 4..<9])])
        let alone = ExactPasses(least: 1, most: 7, sharesCalls: false)
        #expect(Self.calls([(0, 3), (1, 3)], alone).count == 2)
    }

    @Test func everyRowIsComputedOnceInCallsAsWideAsTheyMayBe() {
        var random = SplitMix64(seed: 4)
        for _ in 0..<2000 {
            let most = [2, 3, 7, 8, 16, 64].randomElement(using: &random)!
            let exact = ExactPasses(least: Int.random(in: 1...most, using: &random), most: most)
            let slots = (0..<12).filter { _ in Bool.random(using: &random) }.shuffled(using: &random)
            let parts = slots.map { slot in
                let isPrompt = Int.random(in: 0..<4, using: &random) == 0
                return PassCalls.Part(
                    slot: slot, rows: exact.rows(for: .random(in: 1...32, using: &random)), isPrompt: isPrompt)
            }
            var done = Array(repeating: 0, count: parts.count)
            for call in PassCalls(parts, exact: exact).calls {
                let isAlone = parts[call.parts[0]].isPrompt && !exact.isUniform
                if isAlone { #expect(call.parts.count == 1 && call.pieces.count == 1) }
                #expect(call.parts.count == 1 || call.pieces.count == 1)
                for (one, next) in zip(call.parts, call.parts.dropFirst()) {
                    #expect(parts[next].slot == parts[one].slot + 1 && parts[next].rows == parts[one].rows)
                }
                for piece in call.pieces {
                    #expect(piece.lowerBound == done[call.parts[0]])
                    let width = piece.count * call.parts.count
                    #expect(isAlone || (exact.least...exact.most).contains(width), "\(parts) \(call)")
                    for place in call.parts { done[place] += piece.count }
                }
            }
            #expect(done == parts.map(\.rows))
        }
    }
}
