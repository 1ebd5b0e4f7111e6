/// What the sequences of a draft share about lookahead: it is handed to the rules whenever a block is begun, and learns
/// from every round, whatever the rule.
public struct LookaheadContext: Equatable, Sendable {
    public var price: Price

    public init(price: Price = Price(perRow: 0.05, perDraftToken: 0.1)) {
        self.price = price
    }

    public mutating func learn(_ round: Round) {}
}
