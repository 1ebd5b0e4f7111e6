import Foretoken

/// Log-probabilities of the tokens of a text, in the shape of either address.
enum LogprobsObject: Encodable, Equatable, Sendable {
    case completion(Completion)
    case chat(Chat)

    struct Completion: Encodable, Equatable, Sendable {
        var tokens: [String] = []
        var tokenLogprobs: [Float] = []
        var topLogprobs: [[String: Float]] = []
        /// Where each token begins in the text.
        var textOffset: [Int] = []

        private enum CodingKeys: String, CodingKey {
            case tokens
            case tokenLogprobs = "token_logprobs"
            case topLogprobs = "top_logprobs"
            case textOffset = "text_offset"
        }
    }

    struct Chat: Encodable, Equatable, Sendable {
        var content: [Token] = []

        struct Token: Encodable, Equatable, Sendable {
            var token: String
            var logprob: Float
            var bytes: [UInt8]
            var topLogprobs: [Candidate]

            private enum CodingKeys: String, CodingKey {
                case token, logprob, bytes
                case topLogprobs = "top_logprobs"
            }
        }

        struct Candidate: Encodable, Equatable, Sendable {
            var token: String
            var logprob: Float
            var bytes: [UInt8]
        }
    }

    /// - Parameter offsets: where each token begins in the text.
    init(_ tokens: [LogProbability], form: AnswerForm, offsets: [Int]) {
        switch form {
        case .completion:
            var object = Completion()
            object.textOffset = offsets
            for token in tokens {
                let text = Self.text(token.bytes)
                object.tokens.append(text)
                object.tokenLogprobs.append(token.logProbability)
                object.topLogprobs.append(
                    Dictionary(token.top.map { (Self.text($0.bytes), $0.logProbability) }, uniquingKeysWith: max))
            }
            self = .completion(object)
        case .chat:
            self = .chat(
                Chat(
                    content: tokens.map { token in
                        Chat.Token(
                            token: Self.text(token.bytes), logprob: token.logProbability, bytes: token.bytes,
                            topLogprobs: token.top.map {
                                .init(token: Self.text($0.bytes), logprob: $0.logProbability, bytes: $0.bytes)
                            })
                    }))
        }
    }

    /// Parts of characters are written as OpenAI does: `bytes:\xe2\x80`.
    static func text(_ bytes: [UInt8]) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        return "bytes:"
            + bytes.map { byte in
                let digits = String(byte, radix: 16)
                return "\\x" + (digits.count == 1 ? "0" : "") + digits
            }.joined()
    }

    func encode(to encoder: any Encoder) throws {
        switch self {
        case .completion(let object): try object.encode(to: encoder)
        case .chat(let object): try object.encode(to: encoder)
        }
    }
}
