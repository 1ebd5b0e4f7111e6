@testable import Speculation

/// A target and a draft that are functions of the last three tokens.
struct TinyModels {
    var seed: UInt64
    /// How often the draft takes the target's token.
    var agreement = 0.7

    static let vocabularySize = 50
    static let end: Token = 49

    func target(_ tokens: some BidirectionalCollection<Token>) -> Token {
        // The end token comes about once in 500 tokens.
        let bits = self.bits(tokens)
        return bits % 500 == 0 ? Self.end : Token(bits >> 32) % Self.end
    }

    func draft(_ tokens: some BidirectionalCollection<Token>) -> DraftedToken {
        let own = self.target(tokens)
        let luck = Double(mixed(self.bits(tokens) ^ 0xd4af7) >> 11) * 0x1p-53
        let other = (own + 1) % Self.end
        var drafted =
            luck < self.agreement
            ? DraftedToken(token: own, probability: 0.5 + Float(luck) / 2)
            : DraftedToken(token: other, probability: Float(luck) * 0.7)
        // In every second case of a wrong token the next choice is the right one.
        drafted.runnerUp = luck < (1 + self.agreement) / 2 ? own : (own + 2) % Self.end
        if drafted.runnerUp == drafted.token { drafted.runnerUp = other }
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
        tokens.suffix(3).reduce(mixed(self.seed &+ 1)) { mixed($0 ^ UInt64($1) &* 0x9e37_79b9_7f4a_7c15) }
    }
}
