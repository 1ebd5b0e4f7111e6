import Foretoken
import TestSupport
import Testing

@testable import ForetokenCLI

/// What a check calls a near-tie, and what a bug.
@Suite(.oneAtATime) struct DivergenceTests {
    private func run(_ pieces: [(UInt32, Float, UInt32, Float)], _ reason: Generation.FinishReason = .length)
        -> Divergence.Run
    {
        Divergence.Run(
            pieces: pieces.map { token, score, runnerUp, runnerUpScore in
                Generation.Piece(
                    token: token, text: "", origin: .plain,
                    scores: .init(chosen: score, runnerUp: runnerUp, runnerUpScore: runnerUpScore))
            }, finishReason: reason)
    }

    private func divergence(
        _ reference: Divergence.Run, _ run: Divergence.Run, tolerance: Float = 0.05, temperature: Float = 0
    ) -> Divergence? {
        Divergence(reference: reference, run: run, tolerance: tolerance, temperature: temperature)
    }

    @Test func equalTokensAreIdenticalWhateverTheScores() {
        #expect(self.divergence(self.run([(1, 3, 2, 1)]), self.run([(1, 3.1, 2, 1.2)])) == nil)
    }

    @Test func swappedTokensWithSmallGapsAreANearTie() {
        let found = self.divergence(
            self.run([(9, 5, 8, 1), (1, 3.01, 2, 3)]), self.run([(9, 5, 8, 1), (2, 3.02, 1, 3)]))
        #expect(found?.position == 1)
        #expect(found?.isNearTie == true)
    }

    @Test func aLargeGapInEitherRunIsABug() {
        #expect(self.divergence(self.run([(1, 3.2, 2, 3)]), self.run([(2, 3.02, 1, 3)]))?.isNearTie == false)
        #expect(self.divergence(self.run([(1, 3.01, 2, 3)]), self.run([(2, 3.2, 1, 3)]))?.isNearTie == false)
    }

    @Test func ofAThirdTokenTheRunnersUpAreTheLeastThatChanged() {
        #expect(self.divergence(self.run([(1, 3.04, 2, 3)]), self.run([(3, 3.02, 1, 3)]))?.isNearTie == false)
        #expect(self.divergence(self.run([(1, 3.01, 2, 3)]), self.run([(3, 3.01, 1, 3)]))?.isNearTie == true)
    }

    @Test func ofAnExactTargetEveryDifferenceIsABug() {
        #expect(self.divergence(self.run([(1, 3, 2, 3)]), self.run([(2, 3, 1, 3)]), tolerance: 0)?.isNearTie == false)
    }

    @Test func logitsAreMeasuredAndScoresCompared() {
        let one = self.run([(1, 3.04, 2, 3)])
        let other = self.run([(2, 3.04, 1, 3)])
        #expect(self.divergence(one, other, temperature: 1)?.isNearTie == false)
        #expect(self.divergence(one, other, temperature: 0.5)?.isNearTie == true)
    }

    @Test func anotherEndIsABug() {
        let whole = self.run([(1, 3, 2, 1), (1, 3, 2, 1)])
        let short = self.run([(1, 3, 2, 1)])
        #expect(self.divergence(whole, short)?.isNearTie == false)
        #expect(self.divergence(short, whole)?.position == 1)
        #expect(self.divergence(short, self.run([(1, 3, 2, 1)], .stop))?.isNearTie == false)
    }
}
