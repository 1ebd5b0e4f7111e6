/// Why received bytes are no message.
public enum WireError: Error, Equatable, Sendable, CustomStringConvertible {
    /// More bytes than `Envelope.maximumSize`, or a message of several frames.
    case tooLarge(Int)
    /// Not protobuf of the message's type.
    case malformed
    /// A field outside its range, by name.
    case invalid(String)

    public var description: String {
        switch self {
        case .tooLarge(let size): "message of \(size) bytes is too large"
        case .malformed: "bytes are no message"
        case .invalid(let field): "field \(field) is out of range"
        }
    }
}
