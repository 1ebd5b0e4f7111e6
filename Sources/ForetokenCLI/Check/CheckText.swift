import CommandSupport
import Foretoken
import Speculation

/// One text to check: a prompt and how its tokens are chosen.
struct CheckText: Sendable {
    let prompt: CheckPrompt
    let options: GenerationOptions

    /// What a rule made of it.
    struct Outcome: Sendable {
        var rule: LookaheadRule
        /// Tokens that were compared.
        var tokens: Int
        var draftTokens: Int
        var acceptedTokens: Int
        /// `nil`: identical.
        var divergence: Divergence?
    }

    var sampling: String {
        self.options.temperature > 0 ? "temperature \(self.options.temperature), seed \(self.options.seed)" : "greedy"
    }

    /// Generates with the target alone, then under each rule.
    ///
    /// - Parameters:
    ///   - advance: called after each generation.
    ///   - found: called with what comes of each rule.
    func check(
        _ rules: [LookaheadRule], tolerance: Float, with client: ForetokenClient, advance: () -> Void,
        found: (Outcome) -> Void
    ) async throws {
        let (reference, _) = try await self.generate(.off, with: client)
        advance()
        for rule in rules {
            let (run, statistics) = try await self.generate(rule, with: client)
            // A text that was interrupted is too short, and no bug.
            try Task.checkCancellation()
            advance()
            let divergence = Divergence(
                reference: reference, run: run, tolerance: tolerance, temperature: self.options.temperature)
            found(
                Outcome(
                    rule: rule, tokens: divergence?.position ?? reference.pieces.count,
                    draftTokens: statistics.draftTokens, acceptedTokens: statistics.acceptedTokens,
                    divergence: divergence))
        }
    }

    private func generate(
        _ rule: LookaheadRule, with client: ForetokenClient
    ) async throws -> (Divergence.Run, GenerationStatistics) {
        var options = self.options
        options.lookahead = rule.description
        do {
            let generation = try await client.generate(self.prompt.text, options: options)
            var pieces: [Generation.Piece] = []
            for try await piece in generation { pieces.append(piece) }
            let run = Divergence.Run(pieces: pieces, finishReason: generation.finishReason)
            return (run, generation.statistics)
        } catch {
            throw CommandError(ExitStatus(error.code), "\(self.prompt.place), rule \(rule): \(error)")
        }
    }
}
