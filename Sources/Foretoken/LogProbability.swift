internal import Speculation

/// How probable a token was to the target's model.
///
/// All are natural logarithms, -9999 to 0, of the model's own distribution at temperature 1 and before any cut, as
/// OpenAI's are; -9999 stands for everything less probable too. The lookahead makes no difference to them beyond the
/// rounding of a pass.
public struct LogProbability: Equatable, Sendable {
    /// Log-probability of the token that was chosen.
    public var logProbability: Float
    /// What the chosen token stands for, which need not be whole characters; empty for a control token.
    public var bytes: [UInt8]
    /// The most probable tokens in their order, as many as were asked for; the chosen one may be among them.
    public var top: [Candidate]

    public init(logProbability: Float, bytes: [UInt8], top: [Candidate]) {
        self.logProbability = logProbability
        self.bytes = bytes
        self.top = top
    }

    /// A token that the model could have chosen.
    public struct Candidate: Equatable, Sendable {
        /// Index in the target's vocabulary.
        public var token: UInt32
        /// What the token stands for, which need not be whole characters; empty for a control token.
        public var bytes: [UInt8]
        /// Log-probability of this token at that place.
        public var logProbability: Float

        public init(token: UInt32, bytes: [UInt8], logProbability: Float) {
            self.token = token
            self.bytes = bytes
            self.logProbability = logProbability
        }
    }
}

extension LogProbability {
    init(_ likelihood: Likelihood) {
        self.init(
            logProbability: likelihood.chosen.logProbability, bytes: likelihood.chosen.bytes,
            top: likelihood.top.map { Candidate(token: $0.token, bytes: $0.bytes, logProbability: $0.logProbability) })
    }
}
