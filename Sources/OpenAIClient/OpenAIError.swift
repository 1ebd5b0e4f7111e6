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
    /// The server told within the stream that it, or what it needs, is leaving: another one may go on.
    case leaving(String)
    /// The answer ended without the end of the text.
    case endedEarly
    case timedOut
    /// Nothing came for longer than the client is patient.
    case silent
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
        case .inStream, .leaving: "error in the stream"
        case .endedEarly: "stream ended early"
        case .timedOut: "timed out"
        case .silent: "silent"
        case .cancelled: "cancelled"
        }
    }

    /// Whether another server, or the same one later, may well do what this one did not.
    var isPassing: Bool {
        switch self {
        case .unreachable, .connectionLost, .endedEarly, .leaving, .silent: true
        case .status(let code, _): [429, 502, 503].contains(code)
        case .noHTTP, .unexpected, .inStream, .timedOut, .cancelled: false
        }
    }

    public var description: String {
        switch self {
        case .status(_, let words), .unexpected(let words), .inStream(let words), .leaving(let words):
            words.isEmpty ? self.kind : "\(self.kind): \(words)"
        default: self.kind
        }
    }
}
