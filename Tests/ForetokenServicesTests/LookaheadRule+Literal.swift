public import Speculation

/// Tests write rules as users do.
extension LookaheadRule: ExpressibleByStringLiteral {
    public init(stringLiteral text: String) {
        do {
            self = try LookaheadRule(text)
        } catch {
            preconditionFailure("\(error)")
        }
    }
}
