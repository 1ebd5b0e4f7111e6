internal import ForetokenWire
internal import Speculation

/// How to continue a prompt.
public struct GenerationOptions: Equatable, Sendable {
    /// New tokens at most; 0: as many as the target's context holds.
    public var maxTokens: Int
    /// New tokens at least, at most `maxTokens`: before that, neither an end of the target's nor a stop string ends the
    /// text.
    public var minTokens: Int
    /// Whether the text goes on behind the target's end, up to `maxTokens` or a stop string.
    public var ignoresEnd: Bool
    /// 0 always takes the target's most probable token; above 0 (at most 100) its distribution is sampled.
    public var temperature: Float
    /// Only the `topK` most probable tokens; 0: all.
    public var topK: Int
    /// Only the most probable tokens whose probabilities sum to `topP`, above 0 and at most 1; 1: all.
    public var topP: Float
    /// Only tokens at least `minP` times as probable as the most probable one, 0 to 1; 0: all.
    public var minP: Float
    /// The same seed, prompt and options give the same text on the same target, whatever the draft does.
    public var seed: UInt64
    /// The text ends before the first of these strings.
    public var stop: [String]
    /// How far the draft runs ahead, such as `off`, `fixed:4`, `heuristic` or `confidence:0.4`; empty: as the
    /// coordinator finds best. It changes the speed, never the text.
    public var lookahead: String
    /// Whether each piece carries the scores of its token and of the runner-up.
    public var scores: Bool
    /// Whether each piece carries its log-probability (any number), and how many of the most probable tokens at its
    /// place, 0 to 20; `nil`: neither.
    public var logProbabilities: Int?
    /// Tokens of the answer that are there already, from an earlier call with the same prompt and options: the text goes
    /// on behind them. They count for `maxTokens` and `minTokens`; pieces and statistics tell of new ones alone.
    public var committed: [UInt32]
    /// What the request is called in the logs of all services, and in traces: 1 to 128 printable characters of ASCII
    /// without spaces; empty: nothing. It changes nothing of the text.
    public var requestID: String

    public init(
        maxTokens: Int = 128, minTokens: Int = 0, ignoresEnd: Bool = false, temperature: Float = 0, topK: Int = 0,
        topP: Float = 1,
        minP: Float = 0, seed: UInt64 = 0, stop: [String] = [], lookahead: String = "", scores: Bool = false,
        logProbabilities: Int? = nil, committed: [UInt32] = [], requestID: String = ""
    ) {
        self.maxTokens = maxTokens
        self.minTokens = minTokens
        self.ignoresEnd = ignoresEnd
        self.temperature = temperature
        self.topK = topK
        self.topP = topP
        self.minP = minP
        self.seed = seed
        self.stop = stop
        self.lookahead = lookahead
        self.scores = scores
        self.logProbabilities = logProbabilities
        self.committed = committed
        self.requestID = requestID
    }

    /// Whether a text may stand as `requestID`.
    public static func isRequestID(_ text: String) -> Bool { RequestID(text) != nil }
}

extension GenerationOptions {
    /// - Throws: `INVALID_ARGUMENT`, naming the value that no coordinator would take.
    func request(prompt: Prompt) throws(ForetokenError) -> Request {
        func check(_ fault: String?) throws(ForetokenError) {
            if let fault { throw ForetokenError(.invalidArgument, fault) }
        }

        let sampling = Sampling(
            temperature: self.temperature, topK: self.topK, topP: self.topP, minP: self.minP, seed: self.seed)
        if let fault = prompt.fault { throw fault }
        try check(sampling.fault)
        guard self.maxTokens >= 0 else {
            throw ForetokenError(
                .invalidArgument, "the limit of \(self.maxTokens) new tokens is negative",
                wayOut: "0 is as many as the context holds")
        }
        guard self.minTokens >= 0, self.maxTokens == 0 || self.minTokens <= self.maxTokens else {
            throw ForetokenError(
                .invalidArgument,
                "the least number of \(self.minTokens) new tokens is negative, or above the limit of \(self.maxTokens)",
                wayOut: "raise the limit")
        }
        guard !self.stop.contains("") else {
            throw ForetokenError(.invalidArgument, "a stop string is empty", wayOut: "leave it out")
        }
        if let count = self.logProbabilities, !(0...Likelihood.mostTop).contains(count) {
            try check("\(count) alternatives to each token are not 0...\(Likelihood.mostTop)")
        }
        if !self.requestID.isEmpty, !Self.isRequestID(self.requestID) {
            try check(
                "the request's ID has to be 1 to \(RequestID.mostBytes) printable characters of ASCII without spaces")
        }
        var rule: LookaheadRule?
        if !self.lookahead.isEmpty {
            do {
                rule = try LookaheadRule(self.lookahead)
            } catch {
                throw ForetokenError(.invalidArgument, error.description)
            }
        }
        let request = Request(
            prompt: prompt.form, committed: self.committed, sampling: sampling, maxTokens: self.maxTokens,
            minTokens: self.minTokens,
            ignoresEnd: self.ignoresEnd, stop: self.stop, lookahead: rule, scores: self.scores,
            likelihoods: self.logProbabilities, names: RequestNames(id: RequestID(self.requestID)))
        try Self.checkSize(of: request)
        return request
    }

    /// The wire has limits of its own; what passes here is read at the other end too.
    private static func checkSize(of request: Request) throws(ForetokenError) {
        do {
            _ = try Envelope(decoding: Envelope(.generate(GenerateRequest(request: request))).encoded())
        } catch WireError.tooLarge(let size) {
            throw ForetokenError(
                .invalidArgument, "the request of \(size) bytes is larger than \(Envelope.maximumSize)",
                wayOut: "shorten the prompt")
        } catch {
            throw ForetokenError(
                .invalidArgument, "the request is larger than can be sent: \(error)",
                wayOut: "give 64 stop strings of 1024 bytes, 16384 messages and 1048576 tokens at most")
        }
    }
}
