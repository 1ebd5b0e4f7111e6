import CommandSupport
import Executors
import ForetokenEngine
import Roles
import Speculation

/// Both models in this process, called in turn on one thread: speculation without services and network, the baseline
/// that speculation at a distance is measured against.
///
/// While the target works the draft is idle, so the target may have all the cores.
actor Colocated {
    private nonisolated let loop: any Loop
    private let target: TargetEngine
    private let draft: DraftEngine

    nonisolated var unownedExecutor: UnownedSerialExecutor { self.loop.asUnownedSerialExecutor() }

    /// - Throws: when a model cannot be loaded.
    init(target: ModelChoice, draft: ModelChoice) throws(CommandError) {
        let loop = ThreadLoop(name: "colocated")
        self.loop = loop
        self.target = try target.loadTarget(on: loop)
        self.draft = try draft.loadDraft(on: loop)
    }

    struct Text: Sendable {
        var tokens: [Token] = []
        var text = ""
        /// Tokens of the first pass.
        var firstTokens = 0
        var firstTokenSeconds: Seconds = 0
        var decodingSeconds: Seconds = 0
        var statistics = Statistics()
    }

    /// Generates with `lookahead` draft tokens in each block; 0: with the target alone.
    func generate(
        _ prompt: String, lookahead: Int, maxTokens: Int, _ sampling: Sampling, stop: [String] = []
    ) async throws -> Text {
        let begin = self.loop.now
        let sampler = Sampler(sampling)
        let vocabulary = self.target.vocabulary
        let tokens = try await self.target.tokenize(prompt)
        let context = min(self.target.description.contextLength, self.draft.description.contextLength)
        guard tokens.count < context else {
            throw CommandError(.badData, "a prompt has \(tokens.count) tokens, but a slot holds \(context)")
        }
        let end = min(context, tokens.count + maxTokens)
        var sequence = TargetSequence(
            id: 1, prompt: tokens, endPosition: end, stop: StopStrings(stop), vocabularySize: vocabulary.size,
            now: begin)
        var text = Text()
        var firstAt: Seconds?
        let exact = self.target.description.rounding?.exact
        let piece = exact == nil ? StepPlanner.usualPiece : ExactPasses.piece
        try await writeAlone(
            &sequence, rule: lookahead > 0 ? FixedLookahead(lookahead) : nil, feed: min(piece, self.target.maxRows),
            exact: exact, now: { self.loop.now }, bytes: { vocabulary.pieces[Int($0)] },
            ends: vocabulary.endOfGeneration.contains,
            draft: { order in
                let drafted = try await self.draft.draft(order, slot: 0, sampler: sampler)
                return (drafted.tokens, drafted.seconds)
            },
            pass: { pass in
                let outcome = try await self.target.run([.init(slot: 0, pass: pass, sampler: sampler)])
                return (outcome.walks[0], outcome.seconds)
            },
            commit: { pieces in
                text.tokens += pieces.map(\.token)
                text.text += pieces.map(\.text).joined()
                if firstAt == nil, !text.tokens.isEmpty {
                    firstAt = self.loop.now
                    text.firstTokens = text.tokens.count
                }
            })
        text.statistics = sequence.statistics
        text.firstTokenSeconds = (firstAt ?? begin) - begin
        text.decodingSeconds = self.loop.now - (firstAt ?? begin)
        return text
    }
}
