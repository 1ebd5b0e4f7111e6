internal import TestSupport
internal import Testing

@testable import Speculation

@Suite struct AcceptanceWalkTests {
    /// Walks with a target that chooses `own`, row after row; `asked` are the rows it was asked for.
    static func walk(_ candidates: [Token], own: [Token], end: Token = 99) -> (walk: AcceptanceWalk, asked: [Int]) {
        var asked: [Int] = []
        let walk = AcceptanceWalk(candidates: candidates[...], ends: { $0 == end }) { row in
            asked.append(row)
            return Choice(token: own[row])
        }
        return (walk, asked)
    }

    @Test func withoutCandidatesTheTargetTakesOnePlainToken() {
        let (walk, asked) = Self.walk([], own: [5])
        #expect(walk.choices.map(\.token) == [5])
        #expect((walk.accepted, walk.ownOrigin, walk.origin(at: 0)) == (0, .plain, .plain))
        #expect(asked == [0])
    }

    @Test func aMismatchAtTheFirstTokenRecoversIt() {
        let (walk, asked) = Self.walk([1, 2, 3], own: [9, 9, 9, 9])
        #expect(walk.choices.map(\.token) == [9])
        #expect((walk.accepted, walk.origin(at: 0)) == (0, .recovered))
        #expect(asked == [0], "rows behind a mismatch are not looked at")
    }

    @Test func aMismatchInTheMiddleKeepsWhatStandsBeforeIt() {
        let (walk, asked) = Self.walk([1, 2, 3], own: [1, 2, 9, 9])
        #expect(walk.choices.map(\.token) == [1, 2, 9])
        #expect(walk.accepted == 2)
        #expect((0..<3).map { walk.origin(at: $0) } == [.accepted, .accepted, .recovered])
        #expect(asked == [0, 1, 2])
    }

    @Test func fullAcceptanceEarnsABonusToken() {
        let (walk, asked) = Self.walk([1, 2], own: [1, 2, 7])
        #expect(walk.choices.map(\.token) == [1, 2, 7])
        #expect((walk.accepted, walk.origin(at: 1), walk.origin(at: 2)) == (2, .accepted, .bonus))
        #expect(asked == [0, 1, 2])
    }

    @Test func anAcceptedEndTokenEndsTheWalkWithoutATokenOfTheTargetsOwn() {
        let (walk, asked) = Self.walk([1, 99, 3], own: [1, 99, 3, 4])
        #expect(walk.choices.map(\.token) == [1, 99])
        #expect((walk.accepted, walk.ownOrigin) == (2, nil))
        #expect((walk.origin(at: 0), walk.origin(at: 1)) == (.accepted, .accepted))
        #expect(asked == [0, 1])
    }

    @Test func aDraftedEndTokenThatTheTargetDoesNotChooseEndsNothing() {
        let (walk, _) = Self.walk([1, 99], own: [1, 4])
        #expect(walk.choices.map(\.token) == [1, 4])
        #expect((walk.accepted, walk.ownOrigin) == (1, .recovered))
    }

    @Test func aSliceThatDoesNotBeginAt0IsWalkedFromRow0() {
        let walk = AcceptanceWalk(candidates: [7, 7, 1, 2][2...], ends: { _ in false }) { Choice(token: Token($0 + 1)) }
        #expect((walk.accepted, walk.choices.map(\.token)) == (2, [1, 2, 3]))
    }

    @Test func aFailureToChooseIsPassedOn() {
        struct Failure: Error {}
        #expect(throws: Failure.self) {
            _ = try AcceptanceWalk(candidates: [1], ends: { _ in false }) { (row: Int) throws(Failure) -> Choice in
                if row == 1 { throw Failure() }
                return Choice(token: 1)
            }
        }
    }
}
