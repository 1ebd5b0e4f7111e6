/// Written as `null` where there is none; a member that is left out surprises clients.
struct Nullable<Value: Encodable & Sendable>: Encodable, Sendable {
    var value: Value?

    init(_ value: Value?) {
        self.value = value
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let value { try container.encode(value) } else { try container.encodeNil() }
    }
}

/// An answer, or a part of a streamed one.
struct AnswerObject: Encodable, Sendable {
    let id: String
    let object: String
    let created: Int
    let model: String
    var choices: [ChoiceObject] = []
    /// Left out where it was not asked for.
    var usage: Nullable<UsageObject>?
    var foretoken: OwnObject?

    init(_ head: AnswerHead, object: String) {
        self.id = head.id
        self.object = object
        self.created = head.created
        self.model = head.model
    }
}

/// One text, or what is new of it. Which of `text`, `message` and `delta` is there tells the shape.
struct ChoiceObject: Encodable, Sendable {
    let index: Int
    var text: String?
    var message: MessageObject?
    var delta: MessageObject?
    var logprobs: Nullable<LogprobsObject>
    var finishReason: Nullable<String>

    private enum CodingKeys: String, CodingKey {
        case index, text, message, delta, logprobs
        case finishReason = "finish_reason"
    }
}

struct MessageObject: Encodable, Sendable {
    var role: String?
    var content: String?
}

struct UsageObject: Encodable, Equatable, Sendable {
    var promptTokens = 0
    var completionTokens = 0
    var cachedTokens = 0

    private enum CodingKeys: String, CodingKey {
        case promptTokens = "prompt_tokens"
        case completionTokens = "completion_tokens"
        case totalTokens = "total_tokens"
        case details = "prompt_tokens_details"
    }

    private enum DetailKeys: String, CodingKey {
        case cachedTokens = "cached_tokens"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.promptTokens, forKey: .promptTokens)
        try container.encode(self.completionTokens, forKey: .completionTokens)
        try container.encode(self.promptTokens + self.completionTokens, forKey: .totalTokens)
        var details = container.nestedContainer(keyedBy: DetailKeys.self, forKey: .details)
        try details.encode(self.cachedTokens, forKey: .cachedTokens)
    }
}

/// What only this server has to say.
struct OwnObject: Encodable, Sendable {
    /// Origins of the tokens that are new, in a stream.
    var tokens: [UInt32]?
    var origins: [String]?
    /// The rule that was asked for, with the last part, `null` where the coordinator chose.
    var lookahead: Nullable<String>?
    /// As it can be sent again.
    var seed: Int64?
    var statistics: StatisticsObject?
}
