package import Foretoken

/// A text, and the time that it took behind its first pass.
package struct TimedText: Sendable {
    package var tokens: [UInt32] = []
    package var statistics = GenerationStatistics()
    /// Tokens of the first pass, which also computed the prompt.
    private var firstTokens: Int?

    package init(
        _ prompt: Prompt, options: GenerationOptions, by client: ForetokenClient
    ) async throws(ForetokenError) {
        let generation = try await client.generate(prompt, options: options)
        var pieces = generation.makeAsyncIterator()
        while let piece = try await pieces.next() {
            self.tokens.append(piece.token)
            // The first pass ends with the first token that is not a draft's.
            if self.firstTokens == nil, piece.origin != .accepted { self.firstTokens = self.tokens.count }
        }
        self.statistics = generation.statistics
    }

    package var decodedTokens: Int { self.tokens.count - (self.firstTokens ?? self.tokens.count) }
    package var decodingSeconds: Double { self.statistics.seconds - self.statistics.timeToFirstToken }
}
