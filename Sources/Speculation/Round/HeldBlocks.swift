/// Blocks that have come and were not verified yet.
///
/// Blocks are compared with the history by content, so it does not matter in which order, how late or how often one
/// comes.
struct HeldBlocks: Sendable {
    fileprivate struct Held {
        var block: Block
        var arrivedAt: Seconds
    }

    private var held: [Held] = []
    private var answer = Answer.unknown

    /// What `best` found last, as long as neither the blocks nor what is committed have changed.
    private enum Answer {
        case unknown
        case known(Candidates?)
    }

    /// Most blocks that are kept; the oldest gives way.
    private static let most = 32

    /// How a block stands to what is committed.
    enum Standing: Equatable {
        /// These tokens of it lie beyond what is committed, and the others agree with it.
        case usable(ArraySlice<Token>)
        /// On committed ground, but with nothing new, or with something else than was committed.
        case behind
        /// On other ground.
        case diverged
        /// On ground that is not committed yet.
        case ahead
    }

    static func standing(of block: Block, on history: TokenHistory) -> Standing {
        guard let fingerprint = history.fingerprint(at: block.position) else { return .ahead }
        guard fingerprint == block.fingerprint else { return .diverged }
        let overlap = history.count - block.position
        guard block.tokens.count > overlap, history.agreement(with: block.tokens, at: block.position) == overlap else {
            return .behind
        }
        return .usable(block.tokens[overlap...])
    }

    /// Keeps a block, unless the same one is here already.
    ///
    /// - Returns: whether it is new.
    mutating func hold(_ block: Block, now: Seconds) -> Bool {
        let isKnown = self.held.contains { held in
            held.block.position == block.position && held.block.fingerprint == block.fingerprint
                && held.block.tokens == block.tokens
        }
        guard !isKnown else { return false }
        if self.held.count == Self.most { self.held.removeFirst() }
        self.held.append(Held(block: block, arrivedAt: now))
        self.answer = .unknown
        return true
    }

    /// Draft tokens behind what is committed, from one block or several that stand on each other.
    struct Candidates: Equatable, Sendable {
        var tokens: [Token]
        /// The draft's prediction for each of them, or none.
        var acceptances: [Float]
        /// Position of the first block.
        var position: Int
        var sentMicroseconds: UInt64
        var arrivedAt: Seconds

        fileprivate init(_ held: Held, behind count: Int) {
            let overlap = count - held.block.position
            self.tokens = Array(held.block.tokens[overlap...])
            self.acceptances = held.block.hasAcceptances ? Array(held.block.acceptances[overlap...]) : []
            self.position = held.block.position
            self.sentMicroseconds = held.block.sentMicroseconds
            self.arrivedAt = held.arrivedAt
        }

        /// Adds what a block has behind these tokens.
        fileprivate mutating func append(_ block: Block, from overlap: Int) {
            let isComplete = self.acceptances.count == self.tokens.count && block.hasAcceptances
            self.tokens += block.tokens[overlap...]
            self.acceptances = isComplete ? self.acceptances + block.acceptances[overlap...] : []
        }
    }

    /// The block with most tokens beyond what is committed.
    ///
    /// - Parameter isJoined: whether blocks that stand on its tokens follow.
    mutating func best(on history: TokenHistory, isJoined: Bool) -> Candidates? {
        if case .known(let answer) = self.answer { return answer }
        let answer = self.search(history, isJoined: isJoined)
        self.answer = .known(answer)
        return answer
    }

    private func search(_ history: TokenHistory, isJoined: Bool) -> Candidates? {
        var best: (held: Held, count: Int)?
        for held in self.held {
            guard case .usable(let tokens) = Self.standing(of: held.block, on: history) else { continue }
            if tokens.count > best?.count ?? 0 { best = (held, tokens.count) }
        }
        guard let best else { return nil }
        var candidates = Candidates(best.held, behind: history.count)
        if isJoined { while self.extend(&candidates, on: history) {} }
        return candidates
    }

    /// - Returns: whether a block stands on the candidates, and has more behind them.
    private func extend(_ candidates: inout Candidates, on history: TokenHistory) -> Bool {
        guard candidates.tokens.count < LookaheadRule.mostTokens else { return false }
        let end = history.count + candidates.tokens.count
        for block in self.held.lazy.map(\.block)
        where block.position > history.count && block.position <= end && block.position + block.tokens.count > end {
            let ground = candidates.tokens.prefix(block.position - history.count)
            let overlap = end - block.position
            guard history.fingerprint.appending(ground) == block.fingerprint,
                candidates.tokens.suffix(overlap).elementsEqual(block.tokens.prefix(overlap))
            else { continue }
            candidates.append(block, from: overlap)
            return true
        }
        return false
    }

    /// More is committed: drops what is of no use any more.
    mutating func settle(on history: TokenHistory) {
        self.held.removeAll { held in
            switch Self.standing(of: held.block, on: history) {
            case .usable, .ahead: false
            case .behind, .diverged: true
            }
        }
        self.answer = .unknown
    }

    mutating func removeAll() {
        self.held = []
        self.answer = .unknown
    }
}

extension Block {
    fileprivate var hasAcceptances: Bool { self.acceptances.count == self.tokens.count }
}
