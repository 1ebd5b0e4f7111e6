/// What a block brought and cost on average: sums over blocks, older ones fading.
public struct BlockAverage: Equatable, Sendable {
    private var blocks = 0.0
    private var accepted = 0.0
    private var sent = 0.0
    private var drafted = 0.0

    /// Weight of a block one block later.
    private static let memory = 0.97

    public init() {}

    public mutating func learn(_ round: Round) {
        self.blocks = self.blocks * Self.memory + 1
        self.accepted = self.accepted * Self.memory + Double(round.accepted)
        self.sent = self.sent * Self.memory + Double(round.sent)
        self.drafted = self.drafted * Self.memory + Double(round.drafted.count)
    }

    /// What a block brings beyond what its tokens cost, in tokens; `nil` before enough blocks.
    func gain(at price: Price) -> Double? {
        guard self.blocks >= 8 else { return nil }
        let sent = self.sent / self.blocks
        var rows = 0.0
        for index in 0..<Int(sent) { rows += price.row(at: index) }
        rows += (sent - sent.rounded(.down)) * price.row(at: Int(sent))
        return (self.accepted - self.drafted * price.perDraftToken) / self.blocks - rows
    }
}
