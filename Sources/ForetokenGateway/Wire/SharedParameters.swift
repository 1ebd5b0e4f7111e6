/// What both addresses take, as it is written in the body.
struct SharedParameters: Decodable, Sendable {
    let model: String?
    let stream: Bool?
    let streamOptions: StreamOptions?
    let n: WholeNumber?
    let maxTokens: WholeNumber?
    let maxCompletionTokens: WholeNumber?
    let temperature: Double?
    let topP: Double?
    let stop: OneOrMore<String>?
    let seed: WholeNumber?
    let foretoken: Own?

    struct StreamOptions: Decodable, Sendable {
        let includeUsage: Bool?

        private enum CodingKeys: String, CodingKey {
            case includeUsage = "include_usage"
        }
    }

    /// Parameters of our own.
    struct Own: Decodable, Sendable {
        let lookahead: String?
        let topK: WholeNumber?
        let minP: Double?
        /// In seconds.
        let timeout: Double?

        private enum CodingKeys: String, CodingKey, CaseIterable {
            case lookahead, timeout
            case topK = "top_k"
            case minP = "min_p"
        }

        init(from decoder: any Decoder) throws {
            let names = try decoder.container(keyedBy: AnyKey.self).allKeys.map(\.stringValue).sorted()
            if let unknown = names.first(where: { CodingKeys(rawValue: $0) == nil }) {
                let known = CodingKeys.allCases.map(\.rawValue).joined(separator: ", ")
                throw OpenAIError(
                    parameter: "foretoken.\(unknown)", "'foretoken' takes \(known), not '\(unknown)'",
                    code: "unknown_parameter")
            }
            let container = try decoder.container(keyedBy: CodingKeys.self)
            self.lookahead = try container.decodeIfPresent(String.self, forKey: .lookahead)
            self.topK = try container.decodeIfPresent(WholeNumber.self, forKey: .topK)
            self.minP = try container.decodeIfPresent(Double.self, forKey: .minP)
            self.timeout = try container.decodeIfPresent(Double.self, forKey: .timeout)
        }
    }

    private enum CodingKeys: String, CodingKey {
        case model, stream, n, temperature, stop, seed, foretoken
        case streamOptions = "stream_options"
        case maxTokens = "max_tokens"
        case maxCompletionTokens = "max_completion_tokens"
        case topP = "top_p"
    }
}
