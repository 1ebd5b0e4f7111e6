/// Why a message of a draft cannot be right, whatever the state of its sequence.
public enum BlockFault: Error, Equatable, Sendable, CustomStringConvertible {
    case tokenBeyondVocabulary(Token, size: Int)
    case impossiblePosition(Int, end: Int)

    public var description: String {
        switch self {
        case .tokenBeyondVocabulary(let token, let size):
            "block with token \(token), but the vocabulary ends before \(size)"
        case .impossiblePosition(let position, let end):
            "message at position \(position), but the sequence ends before \(end)"
        }
    }
}
