/// Why a request to a server that speaks OpenAI's protocol failed.
public enum OpenAIError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No connection came about; with the reason.
    case unreachable(String)
    /// The connection ended before the answer did.
    case connectionLost
    /// What came back is not HTTP.
    case noHTTP
    /// Another status than 200; with the server's words.
    case status(Int, String)
    /// The answer is something else than was asked for; with what it is.
    case unexpected(String)
    /// The server told of an error within the stream.
    case inStream(String)
    /// The answer ended without the end of the text.
    case endedEarly
    case timedOut
    /// The task was cancelled.
    case cancelled

    /// The error without its particulars, to count by.
    public var kind: String {
        switch self {
        case .unreachable(let reason): reason
        case .connectionLost: "connection lost"
        case .noHTTP: "no HTTP answer"
        case .status(let code, _): "HTTP \(code)"
        case .unexpected: "unexpected answer"
        case .inStream: "error in the stream"
        case .endedEarly: "stream ended early"
        case .timedOut: "timed out"
        case .cancelled: "cancelled"
        }
    }

    public var description: String {
        switch self {
        case .status(_, let words), .unexpected(let words), .inStream(let words):
            words.isEmpty ? self.kind : "\(self.kind): \(words)"
        default: self.kind
        }
    }
}
