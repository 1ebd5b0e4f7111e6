@testable import Speculation

/// A target and a draft whose tokens are functions of the last three.
struct Story {
    var seed: UInt64
    /// How often the draft takes the target's token.
    var agreement = 0.7

    static let vocabularySize = 50
    static let end: Token = 49

    func target(_ tokens: some BidirectionalCollection<Token>) -> Token {
        let bits = self.bits(tokens)
        return bits % 500 == 0 ? Self.end : Token(bits >> 32) % Self.end
    }

    func draft(_ tokens: some BidirectionalCollection<Token>) -> DraftedToken {
        let own = self.target(tokens)
        var random = SplitMix64(seed: self.bits(tokens) ^ 0xd4af7)
        let isRight = random.chance(self.agreement)
        var drafted = DraftedToken(
            token: isRight ? own : (own + 1) % Self.end, probability: isRight ? 0.8 : 0.4)
        drafted.runnerUp = isRight ? (own + 2) % Self.end : own
        return drafted
    }

    /// The target's own continuation, end token included.
    func continuation(of prompt: [Token], limit: Int) -> [Token] {
        var tokens = prompt
        while tokens.count < prompt.count + limit, tokens.count == prompt.count || tokens.last != Self.end {
            tokens.append(self.target(tokens))
        }
        return Array(tokens[prompt.count...])
    }

    private func bits(_ tokens: some BidirectionalCollection<Token>) -> UInt64 {
        var random = SplitMix64(
            seed: tokens.suffix(3).reduce(self.seed) { ($0 &+ UInt64($1) &+ 1) &* 0x9e37_79b9_7f4a_7c15 })
        return random.next()
    }
}
