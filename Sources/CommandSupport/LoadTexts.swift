package import Measurement

/// What the requests of a load test ask for.
package struct LoadTexts: Sendable {
    package let prompts: [String]
    package let maxTokens: Int
    package let temperature: Float
    package let seed: UInt64
    /// `nil`: as the server finds best.
    package let lookahead: String?
    package let timeout: Duration
    package let isComparison: Bool

    package init(
        prompts: [String], maxTokens: Int, temperature: Float, seed: UInt64, lookahead: String?, timeout: Duration,
        isComparison: Bool
    ) {
        self.prompts = prompts
        self.maxTokens = maxTokens
        self.temperature = temperature
        self.seed = seed
        self.lookahead = lookahead
        self.timeout = timeout
        self.isComparison = isComparison
    }

    /// As many as the order's share of a text has, at least one.
    package func maxTokens(of order: LoadOrder) -> Int {
        max(1, Int((Double(self.maxTokens) * order.share).rounded()))
    }

    /// Another one when a prompt is used again, so that a sampled text differs.
    package func seed(of order: LoadOrder) -> UInt64 { self.seed &+ UInt64(order.round) }

    package func lookahead(of arm: LoadArm) -> String? {
        switch arm {
        case .asked: self.lookahead
        case .off: "off"
        }
    }
}
