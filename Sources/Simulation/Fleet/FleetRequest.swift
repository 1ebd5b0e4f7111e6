internal import Speculation

/// A request on its way through a fleet, as its coordinator knows it.
struct FleetRequest {
    let client: Int
    /// Number of the text that the target writes.
    let text: Int
    let promptTokens: Int
    /// Tokens of the answer.
    let limit: Int
    var arrivedAt: Seconds
    /// When a target first took it.
    var placedAt: Seconds?
    var firstTokenAt: Seconds?
    var finishedAt: Seconds?
    var committed = 0

    /// From one token to the next, on average; `nil` where there is only one.
    var timePerToken: Seconds? {
        guard let firstTokenAt, let finishedAt, self.committed > 1 else { return nil }
        return (finishedAt - firstTokenAt) / Double(self.committed - 1)
    }
}
