/// What a block brings and costs on average: sums over blocks, older ones fading.
///
/// What a block brings is counted as predicted from its tokens, which varies far less than what luck makes of it, and
/// corrected in a longer memory by what was accepted.
public struct BlockAverage: Equatable, Sendable {
    private var blocks = 0.0
    private var predicted = 0.0
    private var sent = 0.0
    private var drafted = 0.0
    // Sums of the longer memory.
    private var longBlocks = 0.0
    private var longAccepted = 0.0
    private var longPredicted = 0.0

    /// Weight of a block one block later.
    private static let memory = 0.97
    private static let longMemory = 0.998
    /// Blocks before which nothing is said.
    private static let least = 8.0
    /// Tokens' worth of trust in the predictions.
    private static let priorTokens = 4.0

    public init() {}

    /// - Parameter predicted: tokens of the block that were expected to be accepted.
    mutating func learn(_ round: Round, predicted: Double) {
        let accepted = Double(round.accepted)
        self.blocks = self.blocks * Self.memory + 1
        self.predicted = self.predicted * Self.memory + predicted
        self.sent = self.sent * Self.memory + Double(round.sent)
        self.drafted = self.drafted * Self.memory + Double(round.drafted.count)
        self.longBlocks = self.longBlocks * Self.longMemory + 1
        self.longAccepted = self.longAccepted * Self.longMemory + accepted
        self.longPredicted = self.longPredicted * Self.longMemory + predicted
    }

    /// Accepted over predicted tokens.
    var correction: Double {
        (self.longAccepted + Self.priorTokens) / (self.longPredicted + Self.priorTokens)
    }

    /// Tokens of a block; 0 before the first.
    var sentPerBlock: Double { self.blocks > 0 ? self.sent / self.blocks : 0 }

    /// Tokens of a block that are accepted; 0 before the first.
    var acceptedPerBlock: Double { self.blocks > 0 ? self.predicted / self.blocks * self.correction : 0 }

    /// What a block brings beyond what its tokens cost, in tokens; `nil` before some blocks.
    func gain(at price: Price) -> Double? {
        guard self.longBlocks >= Self.least else { return nil }
        return self.worth(at: price) - self.drafted / self.blocks * price.perDraftToken
    }

    /// What a block brings beyond what its rows cost, in tokens; 0 before the first.
    private func worth(at price: Price) -> Double {
        let sent = self.sentPerBlock
        var rows = 0.0
        for index in 0..<Int(sent) { rows += price.row(at: index) }
        rows += (sent - sent.rounded(.down)) * price.row(at: Int(sent))
        return self.acceptedPerBlock - rows
    }
}
