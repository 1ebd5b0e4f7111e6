public import Logging

/// How a gateway listens, and whom it lets in.
public struct GatewaySettings: Sendable {
    public var address: HTTPAddress
    /// `nil`: everybody is let in.
    public var keys: APIKeys?
    /// Bytes of a request's body at most.
    public var bodyLimit: Int
    /// Requests a minute of one key, or of one address where there are no keys; `nil`: any number.
    public var requestsPerMinute: Int?
    /// Texts that are written at once at most.
    public var mostTexts: Int
    public var logger: Logger
    /// Time in which a client that takes nothing more of an answer has to go on reading, or its connection is closed.
    public var stallTimeout: Duration = .seconds(60)
    /// Time in which the body of a request has to come.
    public var bodyTimeout: Duration = .seconds(30)
    /// Names that the model is served under; none: its own.
    public var modelNames: [String] = []
    /// Sites whose pages are let in, besides the server's own.
    public var origins = AllowedOrigins.none
    /// Connections at once at most; `nil`: what `mostTexts` and the system allow.
    public var mostConnections: Int?
    /// Time that a stream's status waits for an error, before it is sent as good.
    public var statusPatience: Duration = .milliseconds(300)
    /// Time after which a stream that had nothing to say says so, for proxies between.
    public var commentInterval: Duration = .seconds(15)

    public init(
        address: HTTPAddress, keys: APIKeys? = nil, bodyLimit: Int = 1 << 20, requestsPerMinute: Int? = nil,
        mostTexts: Int = 256, logger: Logger
    ) {
        self.address = address
        self.keys = keys
        self.bodyLimit = bodyLimit
        self.requestsPerMinute = requestsPerMinute
        self.mostTexts = mostTexts
        self.logger = logger
    }
}
