extension Mirror {
    /// What a draft tells the target of a sequence.
    public enum Message: Equatable, Sendable {
        case block(Block)
        case question(Question)
        case abstention(Abstention)

        public var sequence: UInt64 {
            switch self {
            case .block(let block): block.sequence
            case .question(let question): question.sequence
            case .abstention(let abstention): abstention.sequence
            }
        }

        public var tokenCount: Int {
            if case .block(let block) = self { block.tokens.count } else { 0 }
        }
    }
}
