/// The draft tokens behind the committed ones: those in flight, and those for the case that one in flight is rejected.
///
/// What a rejection costs is the way back: the target's own token has to reach the draft, and the next block the target.
/// A draft that would be idle meanwhile drafts behind its second choices too: a *branch* takes one token in flight for
/// rejected, and its runner-up for the target's own. Where that comes true, the branch's block is with the target when
/// the verdict falls (Kumar, Dao, May, "Speculative Speculative Decoding", arXiv 2603.03251, sections 3 and 4). With the
/// coupling `gumbel` the draft knows the noise that the target chooses with, so that one runner-up is often enough.
///
/// What is drafted next is what the target gets to most likely: a block behind those in flight, or a branch.
struct RunAhead: Sendable {
    /// A draft token behind the committed ones.
    struct Guess: Sendable {
        var token: Token
        /// Probability that it and all before it are accepted.
        var survival: Double
        /// What the draft would have chosen else, where it knows.
        var runnerUp: Token?
    }

    /// A block on its way.
    struct InFlight: Sendable {
        var block: Block
        /// The block's tokens, and those behind them that the rule dropped.
        var drafted: [DraftedToken]
        /// Leading tokens that the rule was not asked for: the target's own token behind the block before.
        var lead: Int
        /// When drafting began.
        var beganAt: Seconds
        /// Tokens of it that passes have checked.
        var checked = 0
    }

    /// Draft tokens to draft behind.
    struct Ground: Sendable {
        /// Tokens behind the committed ones.
        var tokens: [Token]
        /// Position of the token in flight that is taken for rejected.
        var branch: Int?
        /// That the target gets there.
        var probability: Double
    }

    private struct Branch {
        /// Position of the token that it takes for rejected.
        let position: Int
        let runnerUp: Token
        /// Nothing where nothing was worth sending.
        let inFlight: InFlight?
        let guesses: [Guess]
    }

    /// Tokens of the blocks in flight, in their order.
    private(set) var guesses: [Guess] = []
    /// Each stands on those before it.
    private(set) var blocks: [InFlight] = []
    private var branches: [Branch] = []

    /// Blocks in flight at most, and branches.
    private static let mostBlocks = 16
    private static let mostBranches = 8
    /// What is less likely ever to count is not worth a message.
    private static let leastProbability = 0.02

    var isEmpty: Bool { self.blocks.isEmpty }

    // MARK: What to draft next

    /// The ground behind all that is in flight; `nil` where that is too much already, or too unlikely.
    ///
    /// - Parameter acceptance: of a token; the target's own token behind the blocks has to be guessed too.
    func next(acceptance: Double) -> Ground? {
        let survival = self.guesses.last?.survival ?? 1
        guard self.blocks.count < Self.mostBlocks, survival > Self.leastProbability else { return nil }
        return Ground(tokens: self.guesses.map(\.token), branch: nil, probability: survival * acceptance)
    }

    /// The branch that the target gets to most likely, of those that are not drafted yet.
    ///
    /// - Parameters:
    ///   - position: of the first token in flight.
    ///   - recovery: the probability that a runner-up is the target's token, where the draft's first choice is not.
    func nextBranch(at position: Int, recovery: Double) -> Ground? {
        guard self.branches.count < Self.mostBranches else { return nil }
        var best: (index: Int, probability: Double)?
        var before = 1.0
        for (index, guess) in self.guesses.enumerated() {
            let probability = (before - guess.survival) * recovery
            before = guess.survival
            guard guess.runnerUp != nil, probability > best?.probability ?? Self.leastProbability,
                !self.branches.contains(where: { $0.position == position + index })
            else { continue }
            best = (index, probability)
        }
        guard let best, let runnerUp = self.guesses[best.index].runnerUp else { return nil }
        return Ground(
            tokens: self.guesses[..<best.index].map(\.token) + [runnerUp], branch: position + best.index,
            probability: best.probability)
    }

    // MARK: What is drafted

    /// Puts a block behind those in flight.
    mutating func append(_ inFlight: InFlight) {
        self.guesses += Self.guesses(of: inFlight, from: self.guesses.last?.survival ?? 1)
        self.blocks.append(inFlight)
    }

    /// Keeps a branch, with its block where one is sent.
    mutating func branch(at position: Int, runnerUp: Token, _ inFlight: InFlight?) {
        self.branches.append(
            Branch(
                position: position, runnerUp: runnerUp, inFlight: inFlight,
                guesses: inFlight.map { Self.guesses(of: $0, from: 1) } ?? []))
    }

    private static func guesses(of inFlight: InFlight, from survival: Double) -> [Guess] {
        var survival = survival
        return inFlight.block.tokens.enumerated().map { index, token in
            survival *= inFlight.block.acceptances.isEmpty ? 1 : Double(inFlight.block.acceptances[index])
            return Guess(token: token, survival: survival, runnerUp: inFlight.drafted[index].runnerUp)
        }
    }

    // MARK: What became of it

    /// A token is committed at a position: what stands on another is dropped, and what stands on it goes on.
    mutating func commit(_ token: Token, at position: Int) {
        if self.guesses.first?.token == token {
            let certain = self.guesses.removeFirst().survival
            if certain > 0 { for index in self.guesses.indices { self.guesses[index].survival /= certain } }
        } else {
            self.blocks.removeAll { $0.block.position > position }
            let branch = self.branches.first { $0.position == position && $0.runnerUp == token }
            self.guesses = branch?.guesses ?? []
            if let inFlight = branch?.inFlight { self.blocks.append(inFlight) }
            self.branches = []
        }
        self.branches.removeAll { $0.position <= position }
    }

    /// Nothing of it stands any more.
    mutating func removeAll() { self = RunAhead() }

    /// A pass has checked `count` tokens at a position.
    mutating func check(_ count: Int, at position: Int) {
        guard count > 0 else { return }
        for index in self.blocks.indices {
            let block = self.blocks[index].block
            let checked = min(position + count, block.position + block.tokens.count) - max(position, block.position)
            self.blocks[index].checked += max(0, checked)
        }
    }

    /// Removes the blocks whose fate is known.
    mutating func takeDecided(on history: TokenHistory) -> [InFlight] {
        var decided: [InFlight] = []
        self.blocks.removeAll { inFlight in
            guard inFlight.block.position <= history.count else { return false }
            if case .usable = HeldBlocks.standing(of: inFlight.block, on: history) { return false }
            decided.append(inFlight)
            return true
        }
        return decided
    }

    /// The blocks in flight, as if sent now.
    mutating func sendAgain(now: Seconds) -> [Block] {
        for index in self.blocks.indices { self.blocks[index].block.sentMicroseconds = microseconds(now) }
        return self.blocks.map(\.block)
    }
}
