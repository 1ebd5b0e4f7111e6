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
    var prefilledAt: Seconds?
    private var assembler: TextAssembler
    /// Tokens of the answer in which no stop string ends the text.
    private let minTokens: Int
    let vocabularySize: Int

    enum MirrorState {
        /// Nobody drafts.
        case none
        /// A draft was told of the sequence, and has not been heard yet; it is not waited for.
        case starting
        case present
        /// Missed; it is not waited for until it is heard again.
        case absent
        /// Has nothing worth sending behind the latest verdict, by its own word.
        case abstaining
        /// Has said so several times in a row, and says no more.
        case silent
    }

    var mirror = MirrorState.none
    public internal(set) var waiting: Waiting
    let patience: Patience
    let rule: LookaheadRule?
    var blocks = HeldBlocks()
    /// Since the latest pass: a block was worth waiting for.
    private var isAwaited = false
    /// Up to where the draft has been told what is committed, and when.
    var told = 0
    var toldAt: Seconds
    /// Times in a row that the draft had nothing to send.
    var abstentions = 0
    /// How often a silent draft was told news, in a row.
    var newsInSilence = 0
    /// When the latest pass was settled.
    private var settledAt: Seconds
    var openedAt: Seconds

    /// - Parameters:
    ///   - prompt: tokenized, at least one token.
    ///   - committed: tokens of the answer that are known already, as when a lost target is replaced.
    ///   - endPosition: of prompt and answer together.
    ///   - minTokens: of the answer; a stop string that is complete with one of them does not end the text.
    ///   - rule: by which the draft decides; without one, rounds are synchronous.
    ///   - patience: with which a block is awaited.
    ///   - bytes: of a token, for replaying `committed`.
    ///   - ends: whether a token ends the generation, for replaying `committed`.
    public init(
        id: UInt64, prompt: [Token], committed: [Token] = [], endPosition: Int,
        stop: StopStrings = .none, minTokens: Int = 0, vocabularySize: Int, now: Seconds, rule: LookaheadRule? = nil,
        patience: Patience = Patience(), bytes: (Token) -> [UInt8] = { _ in [] },
        ends: (Token) -> Bool = { _ in false }
    ) {
        self.id = id
        self.promptCount = prompt.count
        self.endPosition = endPosition
        self.vocabularySize = vocabularySize
        self.rule = rule
        self.patience = patience
        self.waiting = Waiting(patience, isSynchronous: rule?.isSynchronous ?? true)
        self.history = TokenHistory(prompt)
        self.assembler = TextAssembler(stops: stop)
        self.minTokens = minTokens
        self.openedAt = now
        self.settledAt = now
        self.toldAt = now
        self.statistics.promptTokens = prompt.count
        for token in committed {
            self.history.append(token)
            _ = self.assembler.append(bytes(token), mayStop: self.answerCount > minTokens)
        }
        self.told = self.history.count
        if self.history.count >= endPosition { self.finish = .length }
        if self.assembler.isStopped || committed.contains(where: ends) { self.finish = .stop }
    }

    /// The slot holds the first `count` tokens of the sequence already.
    public mutating func reuse(_ count: Int) {
        self.cached = max(0, min(count, self.history.count - 1))
        self.statistics.reusedTokens = min(self.cached, self.promptCount)
    }

    /// Tokens that the slot holds for sure.
    public var held: ArraySlice<Token> { self.history.tokens[..<min(self.cached, self.history.count)] }

    /// Index in the answer of the next token to commit.
    public var answerCount: Int { self.history.count - self.promptCount }

    // MARK: Passes

    /// Where the sequence stands before a pass that begins now.
    public mutating func standing() -> Standing {
        if self.finish != nil { return .finished }
        if self.isPassing { return .busy }
        let feed = self.history.count - self.cached
        if self.prefilledAt == nil || feed > Self.mostFed {
            return .open(
                .prefill(
                    .init(
                        position: self.cached, feed: feed, promptCount: self.promptCount, openedAt: self.openedAt)))
        }
        var survivals: [Double] = []
        if self.mirror != .none, self.mostCandidates > 0 {
            if let candidates = self.nextCandidates() {
                survivals = self.survivals(of: candidates)
            } else if self.mirror == .present {
                return .open(.awaiting(feed: feed, self.waiting, since: self.toldAt))
            }
        }
        return .open(.ready(feed: feed, survivals: survivals, isPriced: self.rule?.isPriced == true))
    }

    /// After a pass the slot lacks the last token only; where a slot was copied or lost, more.
    private static let mostFed = 8

    private mutating func nextCandidates() -> HeldBlocks.Candidates? {
        self.blocks.best(on: self.history, isJoined: self.rule?.isPriced == true)
    }

    private func survivals(of candidates: HeldBlocks.Candidates) -> [Double] {
        let count = min(candidates.tokens.count, self.mostCandidates)
        guard candidates.acceptances.count == candidates.tokens.count else { return Array(repeating: 1, count: count) }
        var survival = 1.0
        return candidates.acceptances.prefix(count).map { acceptance in
            survival *= Double(min(max(acceptance, 0), 1))
            return survival
        }
    }

    /// The next block is waited for, or the sequence is left out until it is there.
    public mutating func wait() { self.isAwaited = true }

    /// Draft tokens that can still be of use: the pass adds one of its own.
    private var mostCandidates: Int { self.endPosition - self.history.count - 1 }

    /// Begins a pass of an open sequence.
    ///
    /// - Parameters:
    ///   - feed: committed tokens to feed at most; all, unless it is a prefill.
    ///   - candidates: draft tokens to check at most.
    ///   - exact: what passes keep to; rows that they lack are made up behind the sequence's own.
    public mutating func beginPass(
        now: Seconds, feed: Int = .max, candidates: Int = .max, exact: ExactPasses? = nil
    ) -> Pass {
        var pass = self.nextPass(now: now, feed: feed, most: candidates)
        pass.isPrompt = pass.position + pass.ownRows <= self.promptCount
        if let exact { pass.padding = exact.rows(for: pass.ownRows) - pass.ownRows }
        return pass
    }

    private mutating func nextPass(now: Seconds, feed: Int, most: Int) -> Pass {
        self.isPassing = true
        let end = min(self.history.count, self.cached + min(feed, self.history.count))
        let tokens = Array(self.history.tokens[self.cached..<end])
        var pass = Pass(position: self.cached, feed: tokens, candidates: [], chooses: end == self.history.count)
        guard pass.chooses else { return pass }
        if self.isAwaited { self.statistics.waitedMicroseconds += microseconds(now - self.settledAt) }
        if self.mirror != .none, let candidates = self.nextCandidates() {
            pass.candidates = candidates.tokens.prefix(max(0, min(self.mostCandidates, most)))
            pass.acceptances = candidates.acceptances.prefix(pass.candidates.count)
            pass.isFresh = candidates.position == self.history.count
            pass.sentMicroseconds = candidates.sentMicroseconds
            pass.waitedMicroseconds = UInt32(clamping: microseconds(now - candidates.arrivedAt))
        } else if self.isAwaited, self.mirror == .present, now >= self.toldAt + self.waiting.arrival.limit {
            self.mirror = .absent
            self.waiting.miss()
            self.statistics.missedBlocks += 1
        }
        self.isAwaited = false
        return pass
    }

    /// Settles a pass.
    ///
    /// - Parameters:
    ///   - walk: of the pass's candidates; `nil` where the pass chose nothing.
    ///   - seconds: how long the pass took.
    ///   - alone: how long it would have taken without any draft tokens; 0 where nobody asks.
    ///   - bytes: of a token.
    ///   - ends: whether a token ends the generation.
    public mutating func settle(
        _ pass: Pass, walk: AcceptanceWalk?, seconds: Seconds, alone: Seconds = 0, now: Seconds,
        bytes: (Token) -> [UInt8], ends: (Token) -> Bool
    ) -> Settlement {
        self.isPassing = false
        var settlement = Settlement(index: self.answerCount, pieces: [])
        guard let walk else {
            self.cached = pass.position + pass.feed.count
            return settlement
        }
        // An accepted token that ends the text may not have been computed any more.
        self.cached = self.history.count + walk.choices.count - 1
        settlement.pieces = self.commit(walk, bytes: bytes, ends: ends)
        settlement.finish = self.finish
        self.count(pass, walk, committed: settlement.pieces.count, seconds: seconds, alone: alone, now: now)
        self.settledAt = now
        self.blocks.settle(on: self.history)
        if !pass.candidates.isEmpty {
            if pass.isFresh { self.waiting.learn(isFirstRight: walk.accepted > 0) }
            self.waiting.learn(accepted: walk.accepted, of: pass.candidates.count)
        }
        if self.finish == nil, self.mirror != .none, !pass.candidates.isEmpty || self.isNewsDue(now) {
            settlement.verdict = self.verdict(on: pass, walk, seconds, now)
        }
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
            var text =
                isEnd ? "" : self.assembler.append(bytes(choice.token), mayStop: self.answerCount > self.minTokens)
            if isEnd || self.assembler.isStopped {
                self.finish = .stop
            } else if self.history.count >= self.endPosition {
                self.finish = .length
            }
            if self.finish != nil { text += self.assembler.finish() }
            pieces.append(
                Piece(
                    token: choice.token, text: text, origin: walk.origin(at: offset), scores: Scores(choice),
                    likelihood: choice.likelihood))
        }
        return pieces
    }
}

extension Scores {
    init(_ choice: Choice) {
        self.init(chosen: choice.score, runnerUp: choice.runnerUp, runnerUpScore: choice.runnerUpScore)
    }
}
