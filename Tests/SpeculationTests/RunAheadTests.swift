internal import TestSupport
internal import Testing

@testable import Speculation

@Suite struct RunAheadTests {
    /// A block at a position, whose tokens have these acceptances, and runners-up of 100 more.
    static func inFlight(_ tokens: [Token], at position: Int, _ acceptances: [Float]) -> RunAhead.InFlight {
        var block = Block(sequence: 1, position: position, fingerprint: .empty, tokens: tokens)
        block.acceptances = acceptances
        let drafted = tokens.map { token in
            var drafted = DraftedToken(token: token, probability: 0.5)
            drafted.runnerUp = token + 100
            return drafted
        }
        return RunAhead.InFlight(block: block, drafted: drafted, lead: 0, beganAt: 0)
    }

    /// Three tokens in flight behind 5; the second is the likeliest to be rejected.
    static var ahead: RunAhead {
        var ahead = RunAhead()
        ahead.append(Self.inFlight([10, 11, 12], at: 5, [0.9, 0.5, 0.8]))
        return ahead
    }

    @Test func theBranchThatTheTargetGetsToMostLikelyComesFirstAndEachOnce() throws {
        var ahead = Self.ahead
        var branches: [Int] = []
        while let ground = ahead.nextBranch(at: 5, recovery: 0.5) {
            let position = try #require(ground.branch)
            #expect(ground.tokens == Array([10, 11, 12].prefix(position - 5)) + [Token(position + 105)])
            branches.append(position)
            ahead.branch(at: position, runnerUp: ground.tokens.last!, nil)
        }
        #expect(branches == [6, 5, 7])
    }

    @Test func whatTheTargetHardlyGetsToIsNoBranch() {
        #expect(Self.ahead.nextBranch(at: 5, recovery: 0.05)?.branch == 6)
        #expect(Self.ahead.nextBranch(at: 5, recovery: 0.04) == nil)
        var unknown = RunAhead()
        var inFlight = Self.inFlight([10], at: 5, [0.5])
        inFlight.drafted[0].runnerUp = nil
        unknown.append(inFlight)
        #expect(unknown.nextBranch(at: 5, recovery: 1) == nil, "the draft does not know what it would have chosen else")
    }

    @Test func aRunnerUpThatComesTrueMakesItsBranchTheRun() {
        var ahead = Self.ahead
        ahead.branch(at: 6, runnerUp: 111, Self.inFlight([20, 21], at: 7, [0.5, 0.5]))
        ahead.commit(10, at: 5)
        ahead.commit(111, at: 6)
        #expect(ahead.guesses.map(\.token) == [20, 21])
        #expect(ahead.guesses.map(\.survival) == [0.5, 0.25])
        #expect(ahead.blocks.map(\.block.position) == [5, 7], "the rejected block is still to be learned from")
        #expect(ahead.next(acceptance: 1)?.tokens == [20, 21])
        #expect(ahead.nextBranch(at: 7, recovery: 0.5)?.branch == 7, "it has branches of its own")
    }

    @Test func anotherTokenDropsRunAndBranches() {
        var ahead = Self.ahead
        ahead.append(Self.inFlight([13], at: 8, [0.5]))
        ahead.branch(at: 6, runnerUp: 111, Self.inFlight([20, 21], at: 7, [0.5, 0.5]))
        ahead.commit(10, at: 5)
        ahead.commit(99, at: 6)
        #expect(ahead.guesses.isEmpty && ahead.blocks.map(\.block.position) == [5])
        ahead.commit(20, at: 7)
        #expect(ahead.guesses.isEmpty)
    }

    @Test func anAcceptedTokenEndsTheBranchThatTookItForRejected() {
        var ahead = Self.ahead
        ahead.branch(at: 5, runnerUp: 110, Self.inFlight([30], at: 6, [0.5]))
        ahead.branch(at: 6, runnerUp: 111, Self.inFlight([20], at: 7, [0.5]))
        ahead.commit(10, at: 5)
        #expect(abs(ahead.guesses[0].survival - 0.5) < 1e-6, "given that the first was accepted")
        ahead.commit(111, at: 6)
        #expect(ahead.guesses.map(\.token) == [20])
    }

    @Test func aBranchOnWhichNothingWasWorthSendingIsARunOfNothing() {
        var ahead = Self.ahead
        ahead.branch(at: 5, runnerUp: 110, nil)
        ahead.commit(110, at: 5)
        #expect(ahead.guesses.isEmpty && ahead.blocks.count == 1)
    }

    // MARK: In a mirror

    /// A mirror with [10, 11, 12] in flight behind [1, 2, 3], and what its draft knows.
    private static func mirror() throws -> (mirror: Mirror, outlook: Outlook) {
        let outlook = Outlook(isOverlapped: true)
        var mirror = Mirror(sequence: 1, tokens: [1, 2, 3], endPosition: 100, lookahead: FixedLookahead(3))
        _ = mirror.beginDrafting()
        let message = mirror.finishDrafting(Self.drafted([10, 11, 12]), seconds: 0, now: 10, in: outlook.context)
        _ = try #require(message)
        return (mirror, outlook)
    }

    private static func drafted(_ tokens: [Token]) -> [DraftedToken] {
        Self.inFlight(tokens, at: 0, []).drafted
    }

    private static func verdict(_ tokens: [Token], behind before: [Token] = [1, 2, 3]) -> Verdict {
        Verdict(
            sequence: 1, position: before.count, tokens: tokens,
            fingerprint: Fingerprint.empty.appending(before).appending(tokens), accepted: tokens.count - 1, verified: 3)
    }

    /// Begins runs until one is a branch.
    private static func branch(of mirror: inout Mirror, _ outlook: inout Outlook) throws -> DraftOrder {
        for token: Token in [50, 60, 70] {
            let next = mirror.beginDrafting(in: &outlook.context, window: Mirror.Window(tokens: 40))
            let job = try #require(next)
            if job.lead == 0 { return job }
            _ = mirror.finishDrafting(
                Self.drafted([token, token + 1, token + 2]), seconds: 0, now: 10, in: outlook.context)
        }
        throw NoBranch()
    }

    private struct NoBranch: Error {}

    @Test func aBlockBehindARunnerUpStandsOnItAndIsWhatGoesOnWhenItComesTrue() throws {
        var (mirror, outlook) = try Self.mirror()
        let job = try Self.branch(of: &mirror, &outlook)
        let position = job.base - 1
        let ground = [1, 2, 3] + [10, 11, 12].prefix(position - 3) + [Token(position + 107)]
        #expect(job.feed.last == ground.last)
        let message = mirror.finishDrafting(Self.drafted([80, 81, 82]), seconds: 0, now: 10, in: outlook.context)
        let block = message?.block
        #expect(block?.position == ground.count && block?.tokens == [80, 81, 82])
        #expect(block?.fingerprint == Fingerprint.empty.appending(ground))

        #expect(mirror.receive(Self.verdict(Array(ground.dropFirst(3))), now: 10.1) == [])
        #expect(mirror.nextTick != nil, "its block is in flight")
        let next = mirror.beginDrafting(in: &outlook.context, window: Mirror.Window(tokens: 40, isIdle: false))
        #expect(next?.base == ground.count + 3 && next?.lead == 1)
        #expect(next?.feed == [82], "the slot has the rest")
    }

    @Test func aVerdictOvertakesABranchThatIsBeingDrafted() throws {
        var (mirror, outlook) = try Self.mirror()
        let job = try Self.branch(of: &mirror, &outlook)
        let ground = [10, 11, 12].prefix(job.base - 4) + [Token(job.base + 106)]

        var accepted = mirror
        _ = accepted.receive(Self.verdict([10, 11, 12, 13]), now: 10.1)
        #expect(accepted.isRunVoid)
        #expect(accepted.finishDrafting(Self.drafted([80]), seconds: 0, now: 10.1, in: outlook.context) == nil)

        _ = mirror.receive(Self.verdict(Array(ground)), now: 10.1)
        #expect(!mirror.isRunVoid, "it is what goes on")
        let message = mirror.finishDrafting(Self.drafted([80, 81, 82]), seconds: 0, now: 10.1, in: outlook.context)
        let block = message?.block
        #expect(block?.position == job.base && block?.tokens == [80, 81, 82])
        #expect(mirror.nextTick != nil)
    }

    @Test func ofASlotWhoseRunIsNotOverOnlyWhatWasThereBeforeIsHeldForSure() throws {
        var (mirror, outlook) = try Self.mirror()
        #expect(mirror.held == [1, 2, 3])
        _ = try Self.branch(of: &mirror, &outlook)
        _ = mirror.receive(Self.verdict([10, 11, 12, 13]), now: 10.1)
        #expect(mirror.held == [1, 2, 3], "the branch has taken back some of the others")
    }

    @Test func whoeverHasOtherWorkDraftsNoBranches() throws {
        var (mirror, outlook) = try Self.mirror()
        for _ in 0..<20 {
            let window = Mirror.Window(tokens: 40, isIdle: false)
            guard let job = mirror.beginDrafting(in: &outlook.context, window: window) else { break }
            #expect(job.lead == 1)
            _ = mirror.finishDrafting(Self.drafted([50, 51, 52]), seconds: 0, now: 10, in: outlook.context)
        }
    }
}

extension Mirror.Message {
    var block: Block? { if case .block(let block) = self { block } else { nil } }
}
