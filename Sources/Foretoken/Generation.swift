internal import Speculation

/// The text as it comes, token by token.
///
/// Iterate it once. The iteration ends normally when the text does; it throws a `ForetokenError` otherwise. A task
/// that is cancelled, or that leaves the loop early, ends the generation at the target too, which frees its slot.
///
/// ```swift
/// let generation = try await client.generate("def fibonacci(n):")
/// for try await piece in generation { print(piece.text, terminator: "") }
/// print(generation.statistics.tokensPerSecond)
/// ```
public struct Generation: AsyncSequence, Sendable {
    public typealias Element = Piece
    public typealias Failure = ForetokenError

    /// One token of the text.
    public struct Piece: Equatable, Sendable {
        /// Index in the target's vocabulary.
        public var token: UInt32
        /// The text that this token completes; empty while a character or a stop string is still open.
        public var text: String
        /// How the token came about: whether the draft had guessed it.
        public var origin: Origin
        /// When asked for with `GenerationOptions.scores`.
        public var scores: Scores?
        /// When asked for with `GenerationOptions.logProbabilities`.
        public var logProbability: LogProbability?

        public init(
            token: UInt32, text: String, origin: Origin, scores: Scores? = nil, logProbability: LogProbability? = nil
        ) {
            self.token = token
            self.text = text
            self.origin = origin
            self.scores = scores
            self.logProbability = logProbability
        }
    }

    /// How a token came about. All are the target's own choice.
    public enum Origin: String, Sendable, CaseIterable {
        /// The draft had nothing at its place.
        case plain
        /// The draft had guessed it.
        case accepted
        /// The draft had guessed otherwise.
        case recovered
        /// The one more that the target adds when it has accepted all of the draft's.
        case bonus
    }

    /// How near a choice was: logits over temperature, plus the noise of the draw.
    public struct Scores: Equatable, Sendable {
        /// Log-probability of the token.
        public var chosen: Float
        /// The token that would have been chosen next; the chosen one itself where only one was allowed.
        public var runnerUp: UInt32
        /// Not above `chosen`.
        public var runnerUpScore: Float

        public init(chosen: Float, runnerUp: UInt32, runnerUpScore: Float) {
            self.chosen = chosen
            self.runnerUp = runnerUp
            self.runnerUpScore = runnerUpScore
        }
    }

    /// Why a text ended.
    public enum FinishReason: String, Sendable {
        /// The target wrote its end, or a stop string came.
        case stop
        /// The limit on new tokens, or the end of the context.
        case length
    }

    let record: GenerationRecord
    let offer: GenerationOffer

    /// Why the text ended; `nil` until it has.
    public var finishReason: FinishReason? { self.record.finishReason }

    /// What was counted so far; complete once the text has ended.
    public var statistics: GenerationStatistics { self.record.statistics }

    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(lease: self.offer.take())
    }

    public struct AsyncIterator: AsyncIteratorProtocol {
        private let lease: GenerationLease?
        private var base: AsyncThrowingStream<Piece, any Error>.AsyncIterator?

        init(lease: GenerationLease?) {
            self.lease = lease
            self.base = lease?.stream.makeAsyncIterator()
        }

        public mutating func next() async throws(ForetokenError) -> Piece? {
            try await self.next(isolation: nil)
        }

        public mutating func next(isolation actor: isolated (any Actor)?) async throws(ForetokenError) -> Piece? {
            guard let lease else {
                throw ForetokenError(
                    .failedPrecondition, "a generation can be iterated only once", wayOut: "generate again")
            }
            do {
                if let piece = try await self.base?.next(isolation: actor) { return piece }
            } catch let error as ForetokenError {
                throw error
            } catch {
                throw ForetokenError(.unknown, "\(error)")
            }
            // The stream also ends when the task is cancelled.
            guard lease.isFinished else { throw .cancelled }
            return nil
        }
    }
}

extension Generation.Piece {
    init(_ piece: Speculation.Piece) {
        self.init(
            token: piece.token, text: piece.text, origin: .init(rawValue: piece.origin.rawValue) ?? .plain,
            scores: piece.scores.map {
                .init(chosen: $0.chosen, runnerUp: $0.runnerUp, runnerUpScore: $0.runnerUpScore)
            },
            logProbability: piece.likelihood.map(LogProbability.init))
    }
}
