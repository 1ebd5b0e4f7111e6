/// Blocks that have come and were not verified yet.
///
/// Blocks are compared with the history by content, so it does not matter in which order, how late or how often one
/// comes.
struct HeldBlocks: Sendable {
    private struct Held {
        var block: Block
        var arrivedAt: Seconds
    }

    private var held: [Held] = []

    /// Blocks kept at most; the oldest gives way.
    private static let most = 16

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
        return true
    }

    /// The block with most tokens beyond what is committed, and these tokens.
    func best(on history: TokenHistory) -> (block: Block, arrivedAt: Seconds, candidates: ArraySlice<Token>)? {
        var best: (block: Block, arrivedAt: Seconds, candidates: ArraySlice<Token>)?
        for held in self.held {
            guard case .usable(let candidates) = Self.standing(of: held.block, on: history) else { continue }
            if candidates.count > best?.candidates.count ?? 0 { best = (held.block, held.arrivedAt, candidates) }
        }
        return best
    }

    /// Drops what is of no use any more.
    mutating func settle(on history: TokenHistory) {
        self.held.removeAll { held in
            switch Self.standing(of: held.block, on: history) {
            case .usable, .ahead: false
            case .behind, .diverged: true
            }
        }
    }

    mutating func removeAll() {
        self.held = []
    }
}
