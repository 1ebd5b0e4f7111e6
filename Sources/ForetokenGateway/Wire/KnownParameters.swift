/// Which parameters an address takes: those carried out, those that change nothing, and those that would change the
/// text and are not carried out.
struct KnownParameters: Sendable {
    let carriedOut: Set<String>
    /// Not carried out, each with the values that ask for nothing.
    let neutral: [String: [Shape]]

    /// Of no meaning to the text.
    private static let harmless: Set<String> = [
        "user", "store", "metadata", "service_tier", "safety_identifier", "prompt_cache_key",
        "prompt_cache_retention", "parallel_tool_calls",
    ]

    /// Ours, which belong under `foretoken`.
    private static let ours: Set<String> = ["lookahead", "top_k", "min_p", "timeout"]

    private static let shared: Set<String> = [
        "model", "stream", "stream_options", "n", "max_tokens", "temperature", "top_p", "stop", "seed", "logprobs",
        "foretoken",
    ]

    private static let sharedNeutral: [String: [Shape]] = [
        "presence_penalty": [.number(0)], "frequency_penalty": [.number(0)], "logit_bias": [.object([:])],
        "repetition_penalty": [.number(1)], "ignore_eos": [.bool(false)], "min_tokens": [.number(0)],
        "best_of": [.number(1)], "use_beam_search": [.bool(false)],
    ]

    static let completions = KnownParameters(
        carriedOut: Self.shared.union(["prompt"]),
        neutral: Self.sharedNeutral.merging(["echo": [.bool(false)], "suffix": [.string("")]]) { $1 })

    static let chat = KnownParameters(
        carriedOut: Self.shared.union(["messages", "top_logprobs", "max_completion_tokens"]),
        neutral: Self.sharedNeutral.merging([
            "tools": [.array([])], "tool_choice": [.string("none"), .string("auto")], "functions": [.array([])],
            "function_call": [.string("none"), .string("auto")],
            "response_format": [.object(["type": .string("text")])], "modalities": [.array([.string("text")])],
            "audio": [], "prediction": [], "web_search_options": [], "reasoning_effort": [.string("none")],
            "verbosity": [.string("medium")],
        ]) { $1 })

    /// - Throws: `OpenAIError`, naming a parameter that would change the text and is not carried out, or that nobody
    ///   knows.
    func check(_ decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: AnyKey.self)
        for key in container.allKeys.sorted(by: { $0.stringValue < $1.stringValue }) {
            let name = key.stringValue
            guard !self.carriedOut.contains(name), !Self.harmless.contains(name) else { continue }
            guard let values = self.neutral[name] else {
                let wayOut = Self.ours.contains(name) ? "; write it under \"foretoken\"" : ""
                throw OpenAIError(
                    parameter: name, "there is no parameter '\(name)' here\(wayOut)", code: "unknown_parameter")
            }
            let value = try container.decode(Shape.self, forKey: key)
            guard value == .null || values.contains(value) else {
                throw OpenAIError(
                    parameter: name, "'\(name)' is not supported; leave it out", code: "unsupported_parameter")
            }
        }
    }
}
