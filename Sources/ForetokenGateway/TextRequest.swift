import Foretoken

/// What a client wants written, checked: as far as the gateway can tell, a coordinator takes it.
struct TextRequest: Equatable, Sendable {
    var form: AnswerForm
    /// `nil`: the one that is served.
    var model: String?
    var prompts: [Prompt]
    /// Texts for each prompt; each has a seed of its own, one above the other.
    var choices: Int
    var options: GenerationOptions
    var timeout: Duration?
    var streams: Bool
    /// Whether a stream ends with what the texts have cost.
    var includesUsage: Bool
    /// Whether each event of a stream has an id to go on from.
    var includesIDs: Bool
    /// Whether the seed is the client's.
    var namesSeed: Bool
    /// Where an earlier answer stopped that this one goes on with.
    var position: EventID?

    /// Texts of one request at most.
    static let mostTexts = 128
    private static let defaultCompletionTokens = 16

    /// One text to be written.
    struct Text: Equatable, Sendable {
        /// Index of its choice.
        var choice: Int
        var prompt: Prompt
        var options: GenerationOptions
    }

    /// In the order of their choices' indices: all of one prompt, then those of the next; without those that are over.
    var texts: [Text] {
        (0..<self.prompts.count * self.choices).compactMap { choice in
            var options = self.options
            options.seed &+= UInt64(choice % self.choices)
            switch self.position?.choices[choice] {
            case .ended: return nil
            case .open(let open): options.committed = open.tokens
            case nil: break
            }
            return Text(choice: choice, prompt: self.prompts[choice / self.choices], options: options)
        }
    }

    /// - Parameter seed: where the client gives none.
    init(_ body: CompletionBody, seed: UInt64) throws(OpenAIError) {
        try self.init(
            .completion, body.shared, prompts: body.prompts, seed: seed, maxTokens: Self.defaultCompletionTokens)
        if let count = body.logprobs?.value {
            self.options.logProbabilities = try checked(count, "logprobs", in: 0...20)
        }
    }

    init(_ body: ChatBody, seed: UInt64) throws(OpenAIError) {
        guard !body.messages.isEmpty else {
            throw OpenAIError(parameter: "messages", "'messages' is empty; give at least one")
        }
        let messages = body.messages.map { message in
            // What was the system's is the developer's in newer clients.
            let role = message.role == "developer" ? "system" : message.role
            return ChatMessage(role: .init(rawValue: role), content: message.content)
        }
        try self.init(.chat, body.shared, prompts: [.chat(messages)], seed: seed, maxTokens: 0)
        if body.logprobs == true {
            self.options.logProbabilities = try checked(body.topLogprobs?.value ?? 0, "top_logprobs", in: 0...20)
        } else if (body.topLogprobs?.value ?? 0) != 0 {
            throw OpenAIError(parameter: "top_logprobs", "'top_logprobs' needs \"logprobs\": true")
        }
    }

    /// - Parameter maxTokens: where the client gives no limit.
    private init(
        _ form: AnswerForm, _ shared: SharedParameters, prompts: [Prompt], seed: UInt64, maxTokens: Int
    ) throws(OpenAIError) {
        self.form = form
        self.model = shared.model
        self.prompts = prompts
        self.choices = try checked(shared.n?.value ?? 1, "n", in: 1...Self.mostTexts)
        guard prompts.count * self.choices <= Self.mostTexts else {
            throw OpenAIError(
                parameter: "n",
                "\(prompts.count) prompts of \(self.choices) texts each are more than \(Self.mostTexts) texts")
        }
        let newName = try Self.limit(shared.maxCompletionTokens, "max_completion_tokens")
        let oldName = try Self.limit(shared.maxTokens, "max_tokens")
        let limit = newName ?? oldName ?? maxTokens
        let most = limit == 0 ? Int(Int32.max) : limit
        let own = shared.foretoken
        // Other servers' clients write at the top what used to belong under `foretoken`.
        let topK = try Self.limit(shared.topK, "top_k", from: 0)
        let ownTopK = try Self.limit(own?.topK, "foretoken.top_k", from: 0)
        let minP = try checkedIfThere(shared.minP, "min_p", in: 0...1)
        let ownMinP = try checkedIfThere(own?.minP, "foretoken.min_p", in: 0...1)
        self.options = GenerationOptions(
            maxTokens: limit, minTokens: try checked(shared.minTokens?.value ?? 0, "min_tokens", in: 0...most),
            ignoresEnd: shared.ignoreEOS ?? false,
            temperature: Float(try checked(shared.temperature ?? 1, "temperature", in: 0...100)),
            topK: ownTopK ?? topK ?? 0,
            topP: Float(try checked(shared.topP ?? 1, "top_p", in: 0...1)),
            minP: Float(ownMinP ?? minP ?? 0),
            seed: shared.seed.map { UInt64(bitPattern: Int64($0.value)) } ?? seed,
            stop: try Self.checkedStop(shared.stop?.elements ?? []), lookahead: own?.lookahead ?? "")
        // What is left of the distribution is its most probable token.
        if self.options.topP == 0 { (self.options.topP, self.options.topK) = (1, 1) }
        self.timeout = try checkedIfThere(own?.timeout, "foretoken.timeout", in: 0.001...1e6).map { .seconds($0) }
        self.streams = shared.stream ?? false
        self.namesSeed = shared.seed != nil
        self.includesUsage = shared.streamOptions?.includeUsage ?? false
        self.includesIDs = shared.streamOptions?.includeIDs ?? false
        if self.includesUsage || self.includesIDs, !self.streams {
            throw OpenAIError(parameter: "stream_options", "'stream_options' needs \"stream\": true")
        }
    }

    /// A number that limits something, of which -1 is written for no limit.
    ///
    /// - Returns: 0 for no limit; `nil` where there is none.
    private static func limit(_ number: WholeNumber?, _ parameter: String, from least: Int = 1) throws(OpenAIError)
        -> Int?
    {
        guard let value = number?.value else { return nil }
        return value == -1 ? 0 : try checked(value, parameter, in: least...Int(Int32.max))
    }

    private static let mostStops = 64
    private static let mostStopBytes = 1024

    private static func checkedStop(_ stop: [String]) throws(OpenAIError) -> [String] {
        guard stop.count <= self.mostStops else {
            throw OpenAIError(
                parameter: "stop", "'stop' holds \(stop.count) strings, and at most \(self.mostStops) are taken")
        }
        guard stop.allSatisfy({ (1...self.mostStopBytes).contains($0.utf8.count) }) else {
            throw OpenAIError(
                parameter: "stop", "a string of 'stop' is empty, or longer than \(self.mostStopBytes) bytes")
        }
        return stop
    }
}

/// - Throws: `OpenAIError`, naming the parameter, for a value outside the range.
private func checked<Value: Comparable>(
    _ value: Value, _ parameter: String, in range: ClosedRange<Value>
) throws(OpenAIError) -> Value {
    guard range.contains(value) else {
        throw OpenAIError(
            parameter: parameter, "'\(parameter)' is \(value), outside \(range.lowerBound) to \(range.upperBound)",
            code: "out_of_range")
    }
    return value
}

private func checkedIfThere<Value: Comparable>(
    _ value: Value?, _ parameter: String, in range: ClosedRange<Value>
) throws(OpenAIError) -> Value? {
    guard let value else { return nil }
    return try checked(value, parameter, in: range)
}
