/// Writes a text on one thread, draft and target in turns: the round without services and network. Read this page first.
///
/// The services run the same steps; there the draft goes on while the target is at work, and many sequences share a pass.
///
/// - Parameters:
///   - sequence: the text as the target keeps it, with its prompt; written until it is finished.
///   - rule: how many tokens to draft; `nil`: the target writes alone.
///   - feed: most committed tokens that one pass computes, for a prompt comes in pieces.
///   - exact: the passes to keep to where all texts are to agree to the last bit.
///   - now: the time in seconds.
///   - bytes: what a token stands for.
///   - ends: whether a token ends the text.
///   - draft: feeds the draft's model what an order says, and chooses tokens while the order's rule wants more.
///   - pass: computes a row of the target's model for each token of a pass, and walks along its draft tokens.
///   - commit: called with tokens that are part of the text for good.
public func writeAlone(
    _ sequence: inout TargetSequence, rule: (any Lookahead)?, feed: Int = .max, exact: ExactPasses? = nil,
    isolation: isolated (any Actor)? = #isolation, now: () -> Seconds, bytes: (Token) -> [UInt8],
    ends: (Token) -> Bool, draft: (DraftOrder) async throws -> (tokens: [DraftedToken], seconds: Seconds),
    pass: (TargetSequence.Pass) async throws -> (walk: AcceptanceWalk?, seconds: Seconds), commit: ([Piece]) -> Void
) async throws {
    var mirror = rule.map {
        Mirror(
            sequence: sequence.id, tokens: sequence.history.tokens, endPosition: sequence.endPosition, lookahead: $0)
    }
    if rule != nil { sequence.attachDraft() }
    while sequence.finish == nil {
        // Draft: the draft guesses how the text goes on, as far as the rule wants.
        if let order = mirror?.beginDrafting() {
            let drafted = try await draft(order)
            // Block: the guesses go to the target, which holds them until its next pass.
            let message = mirror!.finishDrafting(drafted.tokens, seconds: drafted.seconds, now: now())
            if let message { _ = try sequence.receive(message, now: now()) }
        }
        // Pass: the target computes the latest committed tokens and all guesses in one go.
        let mostGuesses = sequence.answerCount == 0 ? 0 : Int.max
        let part = sequence.beginPass(now: now(), feed: feed, candidates: mostGuesses, exact: exact)
        // Walk: its own choice on each row decides whether the next row, which stands on a guess, can be used.
        let (walk, seconds) = try await pass(part)
        // Settle: what it chose is the text, whatever was guessed.
        let settlement = sequence.settle(part, walk: walk, seconds: seconds, now: now(), bytes: bytes, ends: ends)
        commit(settlement.pieces)
        // Verdict: the draft hears what the text is, and goes on from there.
        if let verdict = settlement.verdict { _ = mirror?.receive(verdict, now: now()) }
    }
}
