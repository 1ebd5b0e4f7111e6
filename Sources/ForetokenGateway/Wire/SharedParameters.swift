/// What both addresses take, as it is written in the body.
struct SharedParameters: Decodable, Sendable {
    let model: String?
    let stream: Bool?
    let streamOptions: StreamOptions?
    let n: WholeNumber?
    let maxTokens: WholeNumber?
    let maxCompletionTokens: WholeNumber?
    let minTokens: WholeNumber?
    let ignoreEOS: Bool?
    let temperature: Double?
    let topK: WholeNumber?
    let minP: Double?
    let topP: Double?
    let stop: OneOrMore<String>?
    let seed: WholeNumber?
    let foretoken: Own?

    struct StreamOptions: Decodable, Sendable {
        let includeUsage: Bool?
        /// Our own.
        let includeIDs: Bool?

        private enum CodingKeys: String, CodingKey {
            case includeUsage = "include_usage"
            case includeIDs = "include_ids"
        }

        init(from decoder: any Decoder) throws {
            try KnownParameters.streamOptions.check(decoder)
            let container = try decoder.container(keyedBy: CodingKeys.self)
            self.includeUsage = try container.decodeIfPresent(Bool.self, forKey: .includeUsage)
            self.includeIDs = try container.decodeIfPresent(Bool.self, forKey: .includeIDs)
        }
    }

    /// Parameters of our own.
    struct Own: Decodable, Sendable {
        let lookahead: String?
        let topK: WholeNumber?
        let minP: Double?
        /// In seconds.
        let timeout: Double?

        private enum CodingKeys: String, CodingKey {
            case lookahead, timeout
            case topK = "top_k"
            case minP = "min_p"
        }

        init(from decoder: any Decoder) throws {
            try KnownParameters.foretoken.check(decoder)
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
        case minTokens = "min_tokens"
        case ignoreEOS = "ignore_eos"
        case topK = "top_k"
        case topP = "top_p"
        case minP = "min_p"
    }
}
