/// Why received bytes are not a valid message.
public enum WireError: Error, Equatable, Sendable, CustomStringConvertible {
    /// More bytes than `Envelope.maximumSize`, or a message of several frames.
    case tooLarge(Int)
    /// Not protobuf of the message's type.
    case malformed
    /// A field outside its range, by name.
    case invalid(String)
    /// A field, by name, whose text cannot be read, and what would be valid.
    case unreadable(String, reason: String)

    public var description: String {
        switch self {
        case .tooLarge(let size): "message of \(size) bytes is too large"
        case .malformed: "bytes are not a valid message"
        case .invalid(let field): "field \(field) is out of range"
        case .unreadable(let field, let reason): "\(reason) (field \(field))"
        }
    }
}
