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
            case toolCalls = "tool_calls"
        }

        private struct Part: Decodable {
            let type: String
            let text: String?
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            self.role = try container.decode(String.self, forKey: .role)
            let path = decoder.codingPath.text
            if container.contains(.toolCalls), try !container.decodeNil(forKey: .toolCalls) {
                throw OpenAIError(
                    parameter: "\(path).tool_calls", "tools are not supported", code: "unsupported_parameter")
            }
            if let text = try? container.decode(String.self, forKey: .content) {
                self.content = text
                return
            }
            guard let parts = try? container.decode([Part].self, forKey: .content) else {
                throw OpenAIError(
                    parameter: "\(path).content", "'\(path).content' is no string, and no list of parts of text")
            }
            self.content = try parts.enumerated().map { index, part in
                guard part.type == "text", let text = part.text else {
                    throw OpenAIError(
                        parameter: "\(path).content[\(index)]",
                        "'\(path).content[\(index)]' is no text, and nothing else is supported")
                }
                return text
            }.joined()
        }
    }
}
