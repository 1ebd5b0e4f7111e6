/// What `MarginalLookahead` remembers from one sequence to the next: what blocks were worth, and what tries may cost.
public struct MarginalMemory: Equatable, Sendable {
    /// What blocks brought and cost recently.
    public private(set) var blocks = BlockAverage()
    /// What may be spent on blocks that do not seem worth their price.
    var probing = Probing()

    public init() {}

    /// Learns from a block that was sent.
    ///
    /// - Parameter predicted: tokens of the block that were expected to be accepted.
    mutating func learn(_ round: Round, predicted: Double) {
        self.blocks.learn(round, predicted: predicted)
    }
}
