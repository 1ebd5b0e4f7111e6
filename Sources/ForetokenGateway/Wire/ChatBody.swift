import Foretoken

/// The body of `/v1/chat/completions`.
struct ChatBody: Decodable, Sendable {
    let shared: SharedParameters
    let messages: [Message]
    let logprobs: Bool?
    let topLogprobs: WholeNumber?

    private enum CodingKeys: String, CodingKey {
        case messages, logprobs
        case topLogprobs = "top_logprobs"
    }

    init(from decoder: any Decoder) throws {
        try KnownParameters.chat.check(decoder)
        self.shared = try SharedParameters(from: decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.messages = try container.decode([Message].self, forKey: .messages)
        self.logprobs = try container.decodeIfPresent(Bool.self, forKey: .logprobs)
        self.topLogprobs = try container.decodeIfPresent(WholeNumber.self, forKey: .topLogprobs)
    }

    struct Message: Decodable, Sendable {
        let role: String
        let content: String

        private enum CodingKeys: String, CodingKey {
            case role, content
        }

        private struct Part: Decodable {
            let text: String

            private enum CodingKeys: String, CodingKey {
                case type, text
            }

            init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: CodingKeys.self)
                let type = try container.decode(String.self, forKey: .type)
                guard type == "text" else {
                    let path = decoder.codingPath.text
                    throw OpenAIError(
                        parameter: path, "'\(path)' is of the type '\(type.prefix(100))', and only text is supported",
                        code: "unsupported_parameter")
                }
                try KnownParameters.part.check(decoder)
                self.text = try container.decode(String.self, forKey: .text)
            }
        }

        init(from decoder: any Decoder) throws {
            try KnownParameters.message.check(decoder)
            let container = try decoder.container(keyedBy: CodingKeys.self)
            self.role = try container.decode(String.self, forKey: .role)
            let path = decoder.codingPath.text
            guard container.contains(.content), try !container.decodeNil(forKey: .content) else {
                throw OpenAIError(
                    parameter: "\(path).content", "'\(path).content' is missing", code: "missing_parameter")
            }
            if let text = try ifFits({ try container.decode(String.self, forKey: .content) }) {
                self.content = text
                return
            }
            guard (try ifFits { try container.nestedUnkeyedContainer(forKey: .content) }) != nil else {
                throw OpenAIError(
                    parameter: "\(path).content", "'\(path).content' is neither a string nor a list of parts of text",
                    code: "invalid_type")
            }
            self.content = try container.decode([Part].self, forKey: .content).map(\.text).joined()
        }
    }
}
