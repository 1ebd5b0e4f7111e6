import Foretoken

/// The body of `/v1/completions`.
struct CompletionBody: Decodable, Sendable {
    let shared: SharedParameters
    let prompts: [Prompt]
    /// Alternatives to be told with each token.
    let logprobs: WholeNumber?

    private enum CodingKeys: String, CodingKey {
        case prompt, logprobs
    }

    init(from decoder: any Decoder) throws {
        try KnownParameters.completions.check(decoder)
        self.shared = try SharedParameters(from: decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.logprobs = try container.decodeIfPresent(WholeNumber.self, forKey: .logprobs)
        self.prompts = try Self.prompts(container)
    }

    /// A text, texts, tokens, or lists of tokens.
    private static func prompts(_ container: KeyedDecodingContainer<CodingKeys>) throws -> [Prompt] {
        guard try container.decodeIfPresent(Shape.self, forKey: .prompt)?.asksForNothing == false else {
            throw OpenAIError(
                parameter: "prompt", "'prompt' is missing, or an empty list", code: "missing_parameter")
        }
        if let text = try ifFits({ try container.decode(String.self, forKey: .prompt) }) { return [.text(text)] }
        if let texts = try ifFits({ try container.decode([String].self, forKey: .prompt) }) {
            return texts.map { .text($0) }
        }
        if let tokens = try ifFits({ try container.decode([TokenNumber].self, forKey: .prompt) }) {
            return [.tokens(tokens.map(\.value))]
        }
        if let lists = try ifFits({ try container.decode([[TokenNumber]].self, forKey: .prompt) }) {
            return lists.map { .tokens($0.map(\.value)) }
        }
        throw OpenAIError(
            parameter: "prompt", "'prompt' is not a string, list of strings, list of tokens, or list of such lists",
            code: "invalid_type")
    }
}
