internal import Foundation
internal import Speculation

extension Trace.Text {
    /// A text that nobody wrote, for planning without a recording: a draft that is right with a given probability, in
    /// easy and hard places that come in runs, and that knows about how sure it can be.
    ///
    /// - Parameters:
    ///   - acceptance: of draft tokens on average, above 0 and below 1.
    ///   - count: of tokens.
    public static func synthetic(acceptance: Double, count: Int, promptTokens: Int, seed: UInt64) -> Trace.Text {
        var random = SplitMix64(seed: seed)
        // As far to either side as there is room, so that the mean stays.
        let room = 0.6 * min(acceptance, 1 - acceptance)
        let places = [acceptance + room, acceptance - room]
        var text = Trace.Text(
            domain: "", prompt: "synthetic", promptTokens: promptTokens, tokens: [], drafted: [], beyond: [:])
        var place = Int(random.next() % 2)
        for position in 0..<count {
            if random.chance(Self.change) { place = 1 - place }
            let (isRight, guess) = Self.guess(places[place], &random)
            text.tokens.append(Token(position % 1000 + 10))
            var drafted = guess(isRight ? text.tokens[position] : Self.wrong)
            drafted.runnerUp = isRight || !random.chance(Self.recovery) ? Self.wrong : text.tokens[position]
            text.drafted.append(drafted)
            guard !isRight else { continue }
            text.beyond[position] = (0..<Self.beyond).map { _ in Self.guess(places[place], &random).guess(Self.wrong) }
        }
        return text
    }

    /// Probability that an easy place ends, or a hard one.
    private static let change = 0.08
    /// Probability that the runner-up of a wrong guess is right.
    private static let recovery = 0.4
    private static let beyond = 24
    /// No target writes it.
    private static let wrong: Token = 1

    /// Whether the draft is right, and what it knows: the gap by which its choice won tells most.
    private static func guess(
        _ acceptance: Double, _ random: inout SplitMix64
    ) -> (isRight: Bool, guess: (Token) -> DraftedToken) {
        // Each token has a logit of its own, about that of its place; the mean of the probabilities is kept by halves.
        let sway = min(acceptance, 1 - acceptance) * (random.nextUnit() * 2 - 1) * 0.8
        let probability = min(max(acceptance + sway, 0.002), 0.998)
        let isRight = random.chance(probability)
        let gap = max(0.02, log(probability / (1 - probability)) + 1)
        return (
            isRight,
            { token in
                DraftedToken(
                    token: token, probability: Float(probability), entropy: Float(2.5 * (1 - probability)),
                    margin: Float(probability), gap: Float(gap))
            }
        )
    }
}
