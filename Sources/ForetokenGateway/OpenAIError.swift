import Foretoken

/// An error as OpenAI's clients read it, with its HTTP status. Never holds a prompt's text.
struct OpenAIError: Error, Equatable, Sendable {
    var status: Int
    var message: String
    var kind: Kind
    /// The parameter that is wrong.
    var parameter: String?
    /// For programs.
    var code: String?
    /// Seconds until it is of use to try again.
    var retryAfter: Int?
    /// The methods that the address takes.
    var allow: String?
    /// Whether the connection ends with it, as where the rest of a body would have to be read.
    var closes = false
    /// Whether it is the server's, and of interest to its operator.
    var isFailure: Bool

    /// Bytes at most: words of the client's own are in them, such as the names of members.
    private static let longestMessage = 1000
    private static let longestName = 200

    enum Kind: String, Encodable, Sendable {
        case invalidRequest = "invalid_request_error"
        case rateLimit = "rate_limit_error"
        case server = "server_error"
    }

    init(
        _ status: Int, _ kind: Kind, _ message: String, parameter: String? = nil, code: String? = nil,
        retryAfter: Int? = nil, allow: String? = nil
    ) {
        self.status = status
        self.kind = kind
        self.message = message.shortened(toBytes: Self.longestMessage)
        self.parameter = parameter?.shortened(toBytes: Self.longestName)
        self.code = code
        self.retryAfter = retryAfter
        self.allow = allow
        self.isFailure = status >= 500
    }

    /// A client that has closed its connection, or its side of it, before it had its answer. The status is nginx's;
    /// hardly anybody reads it.
    static let clientLeft = OpenAIError(
        499, .invalidRequest, "the client closed the connection before the answer was there", code: "client_closed")

    static var shuttingDown: OpenAIError {
        var error = OpenAIError(503, .server, "the server is shutting down", code: "unavailable", retryAfter: 1)
        error.isFailure = false
        return error
    }

    /// A parameter that is wrong.
    init(parameter: String, _ message: String, code: String? = nil) {
        self.init(400, .invalidRequest, message, parameter: parameter, code: code)
    }

    init(_ error: ForetokenError) {
        let text = error.description
        switch error.code {
        case .invalidArgument:
            self.init(400, .invalidRequest, text)
        case .outOfRange:
            self.init(400, .invalidRequest, text, code: "context_length_exceeded")
        case .notFound:
            self.init(404, .invalidRequest, text, code: "not_found")
        case .resourceExhausted:
            self.init(429, .rateLimit, text, code: "overloaded", retryAfter: 1)
        case .deadlineExceeded:
            self.init(504, .server, text, code: "deadline_exceeded")
        case .unavailable, .aborted:
            self.init(503, .server, text, code: "unavailable", retryAfter: 1)
        case .cancelled:
            // Nobody else cancels: what a client that has left would be told is `clientLeft`.
            self = .shuttingDown
        case .failedPrecondition, .unimplemented, .permissionDenied, .unauthenticated, .alreadyExists, .unknown,
            .internalError, .dataLoss:
            self.init(500, .server, text, code: "internal_error")
        }
    }

    /// Any error; those that nobody has foreseen tell nothing of their content.
    init(any error: any Error) {
        switch error {
        case let error as OpenAIError: self = error
        case let error as ForetokenError: self.init(error)
        case is CancellationError: self.init(ForetokenError(.cancelled, ""))
        default: self.init(500, .server, "internal error", code: "internal_error")
        }
    }
}

extension OpenAIError: Encodable {
    private enum Outer: String, CodingKey {
        case error
    }

    private enum Inner: String, CodingKey {
        case message, type, param, code
    }

    func encode(to encoder: any Encoder) throws {
        var outer = encoder.container(keyedBy: Outer.self)
        var inner = outer.nestedContainer(keyedBy: Inner.self, forKey: .error)
        try inner.encode(self.message, forKey: .message)
        try inner.encode(self.kind, forKey: .type)
        try inner.encode(self.parameter, forKey: .param)
        try inner.encode(self.code, forKey: .code)
    }
}

extension String {
    /// The text itself, or its beginning with a mark that something is missing.
    fileprivate func shortened(toBytes count: Int) -> String {
        self.utf8.count <= count ? self : String(decoding: self.utf8.prefix(count), as: UTF8.self) + "…"
    }
}
