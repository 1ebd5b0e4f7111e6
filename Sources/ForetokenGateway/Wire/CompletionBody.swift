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
        if let text = try? container.decode(String.self, forKey: .prompt) { return [.text(text)] }
        if let texts = try? container.decode([String].self, forKey: .prompt), !texts.isEmpty {
            return texts.map { .text($0) }
        }
        if let tokens = try? container.decode([UInt32].self, forKey: .prompt), !tokens.isEmpty {
            return [.tokens(tokens)]
        }
        if let lists = try? container.decode([[UInt32]].self, forKey: .prompt), !lists.isEmpty {
            return lists.map { .tokens($0) }
        }
        guard container.contains(.prompt) else {
            throw OpenAIError(parameter: "prompt", "'prompt' is missing", code: "missing_parameter")
        }
        throw OpenAIError(
            parameter: "prompt", "'prompt' is no string, list of strings, list of tokens, or list of such lists")
    }
}
