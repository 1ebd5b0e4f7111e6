internal import TestSupport
internal import Testing

@testable import Speculation

@Suite struct PromptLookupTests {
    /// What a lookup says of the tokens that follow, as long as they are those it expects.
    static func continuation(_ lookup: PromptLookup, _ tokens: [Token]) -> [Int] {
        var lookup = lookup
        return tokens.map { lookup.follow($0) }
    }

    @Test func itFollowsTheTextAsItWentOnBeforeUntilItDiffers() {
        let lookup = PromptLookup(matched: 3, continuation: [7, 8, 9])
        #expect(Self.continuation(lookup, [7, 8, 9, 7]) == [3, 4, 5, 0])
        #expect(Self.continuation(lookup, [7, 6, 9]) == [3, -4, 0])
        #expect(Self.continuation(PromptLookup(), [7]) == [0])
        let long = PromptLookup(matched: 31, continuation: [1, 1, 1, 2])
        #expect(Self.continuation(long, [1, 1, 1, 1]) == [31, 32, 32, -32])
    }

    @Test func aLoopThatBeganJustNowGoesOnAsItBegan() {
        var index = TrigramIndex()
        let text: [Token] = [5, 1, 2, 3, 4, 1, 2, 3]
        index.take(text)
        #expect(Self.continuation(index.lookup(text, []), [4, 1, 2, 3, 4, 1]) == [3, 4, 5, 6, 7, 8])
        // Behind draft tokens, too.
        #expect(Self.continuation(index.lookup(text, [4, 1]), [2, 3, 4, 1]) == [5, 6, 7, 8])
        #expect(index.lookup(text, [4, 9]) == PromptLookup())
    }

    /// Texts of few different tokens, that grow and are taken back, with tokens taken for granted behind them: what is
    /// found is there, and the latest place is found, unless one that was taken back hides it.
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func whatItFindsIsInTheText(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var index = TrigramIndex()
        var text: [Token] = []
        var isWhole = true
        for round in 0..<400 {
            for _ in 0..<Int.random(in: 0...4, using: &random) { text.append(.random(in: 0..<3, using: &random)) }
            if round.isMultiple(of: 23) {
                text.removeLast(min(text.count, .random(in: 0...6, using: &random)))
                index.rollBack(to: text.count)
                isWhole = false
            }
            index.take(text)
            let ground = (0..<Int.random(in: 0...3, using: &random)).map { _ in Token.random(in: 0..<3, using: &random)
            }
            let lookup = index.lookup(text, ground)
            let path = text + ground
            let place = path.count < 4 ? nil : (3..<max(3, text.count)).last { path[($0 - 3)..<$0] == path.suffix(3) }
            guard lookup != PromptLookup() else {
                #expect(!isWhole || place == nil)
                continue
            }
            guard let place else {
                Issue.record("found what is not there")
                continue
            }
            let matched = (0..<min(place, 32)).prefix { path[place - 1 - $0] == path[path.count - 1 - $0] }.count
            var expected = path
            for _ in 0...LookaheadRule.mostTokens { expected.append(expected[place + expected.count - path.count]) }
            #expect(!isWhole || lookup == PromptLookup(matched: matched, continuation: Array(expected[path.count...])))
            // Whichever place it is, the last three tokens stood there.
            #expect(Self.continuation(lookup, [99])[0] <= -3)
        }
    }

    @Test func whoDraftsIsToldWhatTheTextSaidBefore() throws {
        let text: [Token] = [5, 6, 7, 8, 9, 5, 6, 7]
        var mirror = Mirror(sequence: 1, tokens: text, endPosition: 100, lookahead: FixedLookahead(4))
        let order = mirror.beginDrafting()
        var progress = DraftProgress(try #require(order))
        _ = progress.nextFeed(atMost: 100)
        for token: Token in [8, 9, 4, 6] { progress.take(DraftedToken(token: token, probability: 0.5), isEnd: false) }
        #expect(progress.drafted.map(\.recurrence) == [3, 4, -5, 0])
    }

    /// Greedy texts fall into loops, in which a draft is right however unsure it is.
    @Test func theModelLearnsWhatARecurrenceIsWorthEitherWay() {
        func model(_ isTold: Bool) -> AcceptanceModel {
            var random = SplitMix64(seed: 3)
            var model = AcceptanceModel()
            for _ in 0..<2000 {
                var token = DraftedToken(token: 1, probability: 0.5, entropy: 1, margin: 0.3, gap: 1)
                token.recurrence = Int.random(in: -20...20, using: &random)
                let probability = isTold ? (token.recurrence > 0 ? 0.95 : 0.2) : 0.6
                model.learn(token, index: 0, accepted: random.chance(probability))
            }
            return model
        }
        var known = DraftedToken(token: 1, probability: 0.5, entropy: 1, margin: 0.3, gap: 1)
        var other = known
        (known.recurrence, other.recurrence) = (10, -10)
        let (told, untold) = (model(true), model(false))
        #expect(told.probability(of: known, index: 0) > 0.9 && told.probability(of: other, index: 0) < 0.3)
        #expect(abs(untold.probability(of: known, index: 0) - untold.probability(of: other, index: 0)) < 0.15)
    }
}
