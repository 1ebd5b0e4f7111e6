internal import ForetokenWire
internal import Speculation

/// One call of a client: decides what its messages mean. A value without clock and links.
///
/// A call that is sent again carries the tokens received so far, and the index of each message tells which tokens
/// are new; so none is lost and none comes twice. It also carries the weights that have written these tokens, so that no
/// coordinator goes on with them by another model.
struct CallState {
    let id: UInt64
    /// The instant after which the coordinator is no longer waited for.
    let deadline: Double
    private let begunAt: Double
    private var question: Question
    /// Whether the coordinator has been asked, since it was last up.
    private(set) var isAsked = false
    private(set) var statistics = GenerationStatistics()
    /// Seconds without a token after which the call is sent again; doubled each time.
    private var patience = Self.firstPatience
    private var lastProgress: Double
    /// When to send again what could not be sent; `nil` where it was.
    private var retriesAt: Double?
    /// What all tokens so far tell, and those that came before the latest sending.
    private var counted = Statistics()
    private var before = Statistics()

    static let firstPatience = 10.0
    /// Seconds until a call that could not be sent is sent again.
    static let retryInterval = 0.1
    /// Seconds that a coordinator has to end a call by itself, beyond its deadline.
    static let grace = 0.5

    enum Question: Equatable {
        case generate(Request)
        case describe
    }

    enum Outcome: Equatable {
        case nothing
        /// Ask again from the tokens that have come.
        case askAgain
        /// The coordinator is leaving: ask another one for the rest, or itself when it is back.
        case askAnother
        case tokens([Piece])
        case finished([Piece], FinishReason)
        case described(Description)
        case failed(ForetokenError)
    }

    init(_ question: Question, id: UInt64, deadline: Double, now: Double) {
        self.id = id
        self.question = question
        self.deadline = deadline
        self.begunAt = now
        self.lastProgress = now
    }

    /// The message that begins the call, or begins it again.
    mutating func ask(now: Double) -> Envelope {
        if self.isAsked { self.statistics.resumptions += 1 }
        self.isAsked = true
        self.retriesAt = nil
        self.lastProgress = now
        self.before = self.counted
        let left = self.deadline == .infinity ? 0 : max(1, (self.deadline - now) * 1000)
        let timeout = UInt32(min(left, Double(UInt32.max)))
        switch self.question {
        case .generate(let request):
            return Envelope(
                call: self.id, timeoutMilliseconds: timeout, .generate(GenerateRequest(request: request)))
        case .describe:
            return Envelope(call: self.id, timeoutMilliseconds: timeout, .describe)
        }
    }

    /// Records that the message could not be sent.
    mutating func unsent(now: Double) {
        self.isAsked = false
        self.retriesAt = now + Self.retryInterval
    }

    mutating func receive(_ body: Envelope.Body, now: Double) -> Outcome {
        switch (body, self.question) {
        case (.committed(let committed), .generate(var request)):
            // More cannot have been lost on the way than what was sent meanwhile: ask for it once more.
            guard committed.index <= request.committed.count else { return .askAgain }
            let fresh = committed.pieces.dropFirst(request.committed.count - committed.index)
            request.committed += fresh.map(\.token)
            if committed.weightsFingerprint != 0, !fresh.isEmpty {
                request.weightsFingerprint = committed.weightsFingerprint
            }
            self.question = .generate(request)
            self.count(fresh, now: now)
            if let finish = committed.finish {
                if let counters = committed.statistics {
                    var whole = self.before
                    whole.append(counters)
                    self.statistics.take(whole)
                }
                self.statistics.seconds = now - self.begunAt
                return .finished(Array(fresh), finish)
            }
            return fresh.isEmpty ? .nothing : .tokens(Array(fresh))
        case (.description(let description), .describe):
            return .described(description)
        case (.status(let status), _) where status.code == .aborted:
            return .askAnother
        case (.status(let status), _):
            return .failed(ForetokenError(status))
        default:
            return .nothing
        }
    }

    private mutating func count(_ pieces: ArraySlice<Piece>, now: Double) {
        guard !pieces.isEmpty else { return }
        self.lastProgress = now
        self.patience = Self.firstPatience
        if self.statistics.generatedTokens == 0 { self.statistics.timeToFirstToken = now - self.begunAt }
        for piece in pieces { self.statistics.count(piece.origin) }
        self.counted.count(pieces.lazy.map(\.origin))
        self.statistics.seconds = now - self.begunAt
    }

    /// When `tick` has something to do.
    var nextTick: Double { min(self.deadline + Self.grace, self.stallsAt, self.retriesAt ?? .infinity) }

    /// When the call is sent again, because a message of its middle seems lost.
    private var stallsAt: Double {
        guard self.isAsked, self.statistics.generatedTokens > 0 else { return .infinity }
        return self.lastProgress + self.patience
    }

    mutating func tick(now: Double) -> Outcome {
        if now >= self.deadline + Self.grace {
            return .failed(self.question == .describe ? .unanswered : .deadlineExceeded)
        }
        if let retriesAt, now >= retriesAt {
            self.retriesAt = nil
            return .askAgain
        }
        guard now >= self.stallsAt else { return .nothing }
        self.patience *= 2
        return .askAgain
    }
}
