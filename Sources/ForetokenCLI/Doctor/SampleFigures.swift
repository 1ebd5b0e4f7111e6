/// What the sample texts came to.
struct SampleFigures: Sendable {
    var texts = 0
    /// Tokens a second behind the first pass, with the target alone.
    var aloneTokensPerSecond = 0.0
    /// The rate under the coordinator's own rule over that, and its interval of 95 %; `nil` where it was not measured.
    var ratio: Double?
    var interval: ClosedRange<Double>?
    /// Draft tokens whose fate is known, under rules that always draft, and those of them that were accepted.
    var judgedTokens = 0
    var acceptedTokens = 0
    /// Bytes between draft and target for each token of a text that drafts had a part in.
    var bytesPerToken = 0.0

    var acceptance: Double? {
        self.judgedTokens > 0 ? Double(self.acceptedTokens) / Double(self.judgedTokens) : nil
    }
}
