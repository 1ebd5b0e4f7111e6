public import Speculation

/// A request as a client begins it.
public struct ChaosRequest: Codable, Equatable, Sendable {
    public enum Way: String, Codable, Sendable {
        case sdk, http
    }

    /// One for each request of a campaign.
    public var id: Int
    public var client: Int
    public var way: Way
    /// Index of the text.
    public var text: Int
    /// Empty: the coordinator's choice.
    public var rule: String
    /// Until the whole text must be there; `nil`: for ever.
    public var timeout: Seconds?
    /// Tokens after which the client leaves; `nil`: it stays.
    public var cancelAfter: Int?

    public init(
        id: Int, client: Int, way: Way, text: Int, rule: String, timeout: Seconds? = nil, cancelAfter: Int? = nil
    ) {
        self.id = id
        self.client = client
        self.way = way
        self.text = text
        self.rule = rule
        self.timeout = timeout
        self.cancelAfter = cancelAfter
    }
}

/// Tokens that came together.
public struct ChaosTokens: Codable, Equatable, Sendable {
    public var request: Int
    /// Tokens of the text that came before.
    public var index: Int
    public var tokens: [Token]

    public init(request: Int, index: Int, tokens: [Token]) {
        self.request = request
        self.index = index
        self.tokens = tokens
    }
}

/// How a request ended.
public struct ChaosEnd: Codable, Equatable, Sendable {
    public var request: Int
    /// `OK` for a whole text, else the name of a status.
    public var status: String
    public var message: String
    /// All characters that came.
    public var text: String
    /// Times the text went on elsewhere.
    public var resumptions: Int

    public init(request: Int, status: String, message: String = "", text: String = "", resumptions: Int = 0) {
        self.request = request
        self.status = status
        self.message = message
        self.text = text
        self.resumptions = resumptions
    }
}
