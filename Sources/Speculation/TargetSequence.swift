/// A sequence as its target keeps it: what is committed, what was drafted, and what to do next.
///
/// A value without I/O and clock. The service gives it blocks and the outcomes of passes, and carries out what it
/// answers: the pass to run, the verdict to send, the pieces to stream.
public struct TargetSequence: Sendable {
    public let id: UInt64
    public let promptCount: Int
    /// Number of tokens at which the sequence is full.
    public let endPosition: Int
    /// Prompt and committed tokens.
    public private(set) var history: TokenHistory
    public private(set) var finish: FinishReason?
    public internal(set) var statistics = Statistics()

    /// Rows of the slot that agree with `history`.
    private var cached = 0
    private var isPassing = false
    /// When the first token was chosen; `nil` during the prefill.
    private var prefilledAt: Seconds?
    private var assembler: TextAssembler
    private let vocabularySize: Int

    private enum MirrorState {
        /// Nobody drafts.
        case none
        /// A draft was told of the sequence, and has not been heard yet; it is not waited for.
        case starting
        case present
        /// Missed, or at rest by its own word; it is not waited for until it is heard again.
        case absent
    }

    private var mirror = MirrorState.none
    private var patience: Patience
    private let initialPatience: Patience
    private var held = HeldBlocks()
    /// Up to where the draft has been told what is committed.
    private var told = 0
    /// When the latest pass was settled: from then on a block is awaited.
    private var settledAt: Seconds
    private var openedAt: Seconds

    /// - Parameters:
    ///   - prompt: tokenized, at least one token.
    ///   - committed: tokens of the answer that are known already, as when a lost target is replaced.
    ///   - endPosition: of prompt and answer together.
    ///   - patience: with which a block is awaited.
    ///   - bytes: of a token, for replaying `committed`.
    ///   - ends: whether a token ends the generation, for replaying `committed`.
    public init(
        id: UInt64, prompt: [Token], committed: [Token] = [], endPosition: Int, stop: [String] = [],
        vocabularySize: Int, now: Seconds, patience: Patience = Patience(), bytes: (Token) -> [UInt8] = { _ in [] },
        ends: (Token) -> Bool = { _ in false }
    ) {
        self.id = id
        self.promptCount = prompt.count
        self.endPosition = endPosition
        self.vocabularySize = vocabularySize
        self.patience = patience
        self.initialPatience = patience
        self.history = TokenHistory(prompt)
        self.assembler = TextAssembler(stops: stop)
        self.openedAt = now
        self.settledAt = now
        self.statistics.promptTokens = prompt.count
        for token in committed {
            self.history.append(token)
            _ = self.assembler.append(bytes(token))
        }
        self.told = self.history.count
        if self.history.count >= endPosition { self.finish = .length }
        if self.assembler.isStopped || committed.contains(where: ends) { self.finish = .stop }
    }

    /// Index in the answer of the next token to commit.
    public var answerCount: Int { self.history.count - self.promptCount }

    // MARK: The draft

    /// A draft mirrors the sequence from now on, and knows all that is committed.
    public mutating func attachDraft() {
        self.mirror = .starting
        self.patience = self.initialPatience
        self.held.removeAll()
        self.told = self.history.count
    }

    /// Nobody drafts from now on.
    public mutating func detachDraft() {
        self.mirror = .none
        self.held.removeAll()
    }

    /// Takes a block from the draft.
    ///
    /// - Returns: a verdict to send at once, where the draft is behind or asks.
    /// - Throws: when the block cannot be right, whatever is committed.
    public mutating func receive(_ block: Block, now: Seconds) throws(BlockFault) -> Verdict? {
        if let token = block.tokens.first(where: { Int($0) >= self.vocabularySize }) {
            throw .tokenBeyondVocabulary(token, size: self.vocabularySize)
        }
        guard block.position >= 0, block.position <= self.endPosition - block.tokens.count else {
            throw .impossiblePosition(block.position, end: self.endPosition)
        }
        guard self.mirror != .none, self.finish == nil else { return nil }
        self.mirror = block.rests ? .absent : .present
        if block.roundTripMicroseconds > 0 {
            self.statistics.roundTripMicroseconds = UInt64(block.roundTripMicroseconds)
        }
        if block.draftTokenMicroseconds > 0 {
            self.statistics.draftTokenMicroseconds = Double(block.draftTokenMicroseconds)
        }
        if block.tokens.isEmpty, block.rests {
            self.count(price: block.price)
            return nil
        }
        if block.tokens.isEmpty {
            let agrees = self.history.fingerprint(at: block.position) == block.fingerprint
            return self.news(from: agrees ? block.position : 0, answering: block)
        }
        switch HeldBlocks.standing(of: block, on: self.history) {
        case .usable, .ahead:
            let isNew = self.held.hold(block, now: now)
            if isNew {
                self.statistics.draftingMicroseconds += UInt64(block.draftingMicroseconds)
                self.count(price: block.price)
            }
            let isAwaited = block.position == self.history.count && !self.isPassing
            if isNew && isAwaited { self.patience.learn(now - self.settledAt) }
            return nil
        case .behind:
            self.statistics.staleBlocks += 1
            self.statistics.draftingMicroseconds += UInt64(block.draftingMicroseconds)
            return self.news(from: block.position, answering: block)
        case .diverged:
            self.statistics.staleBlocks += 1
            return self.news(from: 0, answering: block)
        }
    }

    private mutating func count(price: Float) {
        guard price > 0 else { return }
        self.statistics.prices += Double(price)
        self.statistics.pricedBlocks += 1
    }

    /// Everything committed behind a position.
    private func news(from position: Int, answering block: Block?) -> Verdict {
        Verdict(
            sequence: self.id, position: position, tokens: Array(self.history.tokens[position...]),
            fingerprint: self.history.fingerprint, sentMicroseconds: block?.sentMicroseconds ?? 0)
    }

    // MARK: Passes

    public enum Readiness: Equatable, Sendable {
        case ready
        /// For a block.
        case waiting(until: Seconds)
        /// In a pass.
        case busy
        case finished
    }

    /// Whether the sequence belongs into a pass that begins now.
    public func readiness(now: Seconds) -> Readiness {
        if self.finish != nil { return .finished }
        if self.isPassing { return .busy }
        guard self.mirror == .present, self.prefilledAt != nil, self.mostCandidates > 0,
            self.held.best(on: self.history) == nil
        else { return .ready }
        let until = self.settledAt + self.patience.limit
        return now < until ? .waiting(until: until) : .ready
    }

    /// Draft tokens that can still be of use: the pass adds one of its own.
    private var mostCandidates: Int { self.endPosition - self.history.count - 1 }

    /// What one sequence brings into a pass.
    public struct Pass: Equatable, Sendable {
        /// Position of the first row; what the slot holds behind it is to be rolled back.
        public var position: Int
        /// Committed tokens that the slot lacks.
        public var feed: [Token]
        /// Draft tokens behind them.
        public var candidates: ArraySlice<Token>
        /// The draft's prediction for each of them, or none.
        public var acceptances: ArraySlice<Float> = []
        /// Whether the last of `feed` is the last committed token, so that tokens are chosen.
        public var chooses: Bool
        /// Of the block that the candidates come from.
        public var sentMicroseconds: UInt64 = 0
        public var waitedMicroseconds: UInt32 = 0

        public init(position: Int, feed: [Token], candidates: ArraySlice<Token>, chooses: Bool = true) {
            self.position = position
            self.feed = feed
            self.candidates = candidates
            self.chooses = chooses
        }

        /// Rows of `feed` that only make up the least that a pass has.
        public var padding = 0

        public var rowCount: Int { self.feed.count + self.candidates.count }
    }

    /// Begins a pass of a sequence that is ready.
    ///
    /// - Parameters:
    ///   - rows: room in the pass, at least `chunk`.
    ///   - chunk: rows of a prefill at once. Chunks begin at its multiples, so that what is computed does not depend
    ///     on other sequences.
    ///   - least: rows that the sequence brings at least, where it has as many: committed tokens are fed again to make
    ///     them up. With 2, passes of one row, which some kernels compute otherwise than wider ones, do not occur.
    public mutating func beginPass(now: Seconds, rows: Int, chunk: Int, least: Int = 1) -> Pass {
        var pass = self.nextPass(now: now, rows: rows, chunk: chunk)
        let missing = min(least - pass.rowCount, pass.position)
        if missing > 0 {
            pass.position -= missing
            pass.padding = missing
            pass.feed = self.history.tokens[pass.position..<pass.position + missing] + pass.feed
        }
        return pass
    }

    private mutating func nextPass(now: Seconds, rows: Int, chunk: Int) -> Pass {
        self.isPassing = true
        let end = min(self.history.count, (self.cached / chunk + 1) * chunk)
        let feed = Array(self.history.tokens[self.cached..<end])
        var pass = Pass(position: self.cached, feed: feed, candidates: [], chooses: end == self.history.count)
        guard pass.chooses else { return pass }
        // Nothing is waited for during the prefill.
        let hasWaited = self.mirror == .present && self.prefilledAt != nil && self.mostCandidates > 0
        if hasWaited { self.statistics.waitedMicroseconds += microseconds(now - self.settledAt) }
        if let (block, arrivedAt, candidates) = self.held.best(on: self.history) {
            pass.candidates = candidates.prefix(max(0, min(self.mostCandidates, rows - feed.count)))
            if block.acceptances.count == block.tokens.count {
                pass.acceptances = block.acceptances[pass.candidates.indices]
            }
            pass.sentMicroseconds = block.sentMicroseconds
            pass.waitedMicroseconds = UInt32(clamping: microseconds(now - arrivedAt))
        } else if hasWaited {
            self.mirror = .absent
            self.patience.miss()
            self.statistics.missedBlocks += 1
        }
        return pass
    }

    /// What a pass has changed.
    public struct Settlement: Sendable {
        /// Index in the answer of the first piece.
        public var index: Int
        public var pieces: [Piece]
        /// For the draft, where there is one and the sequence goes on.
        public var verdict: Verdict?
        public var finish: FinishReason?
    }

    /// Settles a pass.
    ///
    /// - Parameters:
    ///   - walk: of the pass's candidates; `nil` where the pass chose nothing.
    ///   - seconds: how long the pass took.
    ///   - bytes: of a token.
    ///   - ends: whether a token ends the generation.
    public mutating func settle(
        _ pass: Pass, walk: AcceptanceWalk?, seconds: Seconds, now: Seconds, bytes: (Token) -> [UInt8],
        ends: (Token) -> Bool
    ) -> Settlement {
        self.isPassing = false
        var settlement = Settlement(index: self.answerCount, pieces: [])
        guard let walk else {
            self.cached = pass.position + pass.feed.count
            return settlement
        }
        self.cached = self.history.count + walk.accepted
        settlement.pieces = self.commit(walk, bytes: bytes, ends: ends)
        settlement.finish = self.finish
        self.count(pass, walk, committed: settlement.pieces.count, seconds: seconds, now: now)
        self.settledAt = now
        self.held.settle(on: self.history)
        if self.finish == nil, self.mirror != .none { settlement.verdict = self.verdict(on: pass, walk, seconds) }
        return settlement
    }

    /// Appends the tokens of a walk, up to and with the one that ends the sequence.
    private mutating func commit(
        _ walk: AcceptanceWalk, bytes: (Token) -> [UInt8], ends: (Token) -> Bool
    ) -> [Piece] {
        var pieces: [Piece] = []
        for (offset, choice) in walk.choices.enumerated() where self.finish == nil {
            let isEnd = ends(choice.token)
            self.history.append(choice.token)
            var text = isEnd ? "" : self.assembler.append(bytes(choice.token))
            if isEnd || self.assembler.isStopped {
                self.finish = .stop
            } else if self.history.count >= self.endPosition {
                self.finish = .length
            }
            if self.finish != nil { text += self.assembler.finish() }
            pieces.append(
                Piece(token: choice.token, text: text, origin: walk.origin(at: offset), scores: Scores(choice)))
        }
        return pieces
    }

    private mutating func count(
        _ pass: Pass, _ walk: AcceptanceWalk, committed: Int, seconds: Seconds, now: Seconds
    ) {
        self.statistics.generatedTokens += committed
        self.statistics.targetPasses += 1
        if let prefilledAt = self.prefilledAt {
            self.statistics.passMicroseconds += microseconds(seconds)
            self.statistics.generationMicroseconds = microseconds(now - prefilledAt)
        } else {
            self.statistics.prefillMicroseconds = microseconds(now - self.openedAt)
            self.prefilledAt = now
        }
        guard !pass.candidates.isEmpty else { return }
        self.statistics.rounds += 1
        self.statistics.draftTokens += pass.candidates.count
        self.statistics.acceptedTokens += min(walk.accepted, committed)
        let judged = min(walk.accepted + 1, pass.candidates.count, committed)
        self.statistics.judgedTokens += judged
        self.statistics.predictedTokens += min(judged, pass.acceptances.count)
        self.statistics.predictedAcceptances += pass.acceptances.prefix(judged).reduce(0) { $0 + Double($1) }
    }

    private mutating func verdict(on pass: Pass, _ walk: AcceptanceWalk, _ seconds: Seconds) -> Verdict {
        var verdict = self.news(from: self.told, answering: nil)
        verdict.accepted = walk.accepted
        verdict.verified = pass.candidates.count
        verdict.sentMicroseconds = pass.sentMicroseconds
        verdict.waitedMicroseconds = pass.waitedMicroseconds
        verdict.passMicroseconds = UInt32(clamping: microseconds(seconds))
        self.told = self.history.count
        return verdict
    }
}

func microseconds(_ seconds: Seconds) -> UInt64 {
    seconds > 0 ? UInt64(min(seconds * 1e6, 9e18)) : 0
}

extension Scores {
    init(_ choice: Choice) {
        self.init(chosen: choice.score, runnerUp: choice.runnerUp, runnerUpScore: choice.runnerUpScore)
    }
}
