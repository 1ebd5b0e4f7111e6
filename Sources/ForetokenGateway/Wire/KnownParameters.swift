/// Which members an object of a request takes: those carried out, those that change nothing, and those that would change
/// the text and are not carried out.
///
/// One rule for all: `null`, an empty list or object, and the default of what is known ask for nothing; whatever else is
/// not carried out is refused by name.
struct KnownParameters: Sendable {
    var carriedOut: Set<String>
    /// Parameters that do not change the text, whatever their value.
    var harmless: Set<String> = []
    /// Not carried out, each with the values that ask for nothing, as `null` does.
    var defaults: [String: [Shape]] = [:]
    /// What to do instead with those that others know.
    var hints: [String: String] = [:]

    /// - Throws: `OpenAIError`, naming a member that would change the text and is not carried out, or that nobody knows.
    func check(_ decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: AnyKey.self)
        for key in container.allKeys.sorted(by: { $0.stringValue < $1.stringValue }) {
            let name = key.stringValue
            guard !self.carriedOut.contains(name), !self.harmless.contains(name) else { continue }
            let value = try container.decode(Shape.self, forKey: key)
            guard !value.asksForNothing else { continue }
            let path = (decoder.codingPath + [key]).text
            guard let values = self.defaults[name] else {
                let hint = self.hints[name].map { "; \($0)" } ?? ""
                throw OpenAIError(
                    parameter: path, "there is no parameter '\(path.prefix(200))' here\(hint)",
                    code: "unknown_parameter")
            }
            guard values.contains(value) else {
                throw OpenAIError(
                    parameter: path, "'\(path)' is not supported; leave it out", code: "unsupported_parameter")
            }
        }
    }
}

extension Shape {
    /// Whether it is `null`, or an empty list or object.
    var asksForNothing: Bool { self == .null || self == .array([]) || self == .object([:]) }
}

extension KnownParameters {
    private static let shared: Set<String> = [
        "model", "stream", "stream_options", "n", "max_tokens", "min_tokens", "ignore_eos", "temperature", "top_p",
        "top_k", "min_p", "stop", "seed", "logprobs", "foretoken",
    ]

    private static let sharedHarmless: Set<String> = [
        "user", "store", "metadata", "service_tier", "safety_identifier", "prompt_cache_key",
        "prompt_cache_retention", "parallel_tool_calls", "request_id", "priority", "cache_salt", "cache_prompt",
    ]

    /// OpenAI's, and those of vLLM and llama.cpp that their clients send as they are.
    private static let sharedDefaults: [String: [Shape]] = [
        "presence_penalty": [.number(0)], "frequency_penalty": [.number(0)], "repetition_penalty": [.number(1)],
        "repeat_penalty": [.number(1)], "length_penalty": [.number(1)], "logit_bias": [], "best_of": [.number(1)],
        "use_beam_search": [.bool(false)], "stop_token_ids": [], "bad_words": [], "allowed_token_ids": [],
        "include_stop_str_in_output": [.bool(false)], "skip_special_tokens": [.bool(true)],
        "spaces_between_special_tokens": [.bool(true)], "truncate_prompt_tokens": [], "prompt_logprobs": [],
        "guided_json": [], "guided_regex": [], "guided_choice": [], "guided_grammar": [], "structured_outputs": [],
        "grammar": [.string("")], "json_schema": [], "typical_p": [.number(1)], "mirostat": [.number(0)],
        "dynatemp_range": [.number(0)], "xtc_probability": [.number(0)], "dry_multiplier": [.number(0)],
        "response_format": [.object(["type": .string("text")])],
    ]

    private static let ours = "write it under \"foretoken\""

    private static let sharedHints = [
        "lookahead": ours, "timeout": ours, "n_predict": "use max_tokens", "num_predict": "use max_tokens",
        "max_new_tokens": "use max_tokens", "stop_sequences": "use stop",
    ]

    static let completions = KnownParameters(
        carriedOut: shared.union(["prompt"]), harmless: sharedHarmless,
        defaults: sharedDefaults.merging([
            "echo": [.bool(false)], "suffix": [.string("")], "add_special_tokens": [.bool(true)],
        ]) { $1 },
        hints: sharedHints.merging([
            "max_completion_tokens": "use max_tokens", "messages": "chats are answered at /v1/chat/completions",
        ]) { $1 })

    static let chat = KnownParameters(
        carriedOut: shared.union(["messages", "top_logprobs", "max_completion_tokens"]), harmless: sharedHarmless,
        defaults: sharedDefaults.merging([
            "tools": [], "tool_choice": [.string("none"), .string("auto")], "functions": [],
            "function_call": [.string("none"), .string("auto")], "modalities": [.array([.string("text")])],
            "audio": [], "prediction": [], "web_search_options": [],
            // These are for models that reason, and none here does.
            "reasoning_effort": [.string("none"), .string("medium")], "verbosity": [.string("medium")],
            "include_reasoning": [.bool(true), .bool(false)], "echo": [.bool(false)],
            "add_generation_prompt": [.bool(true)], "continue_final_message": [.bool(false)],
            "add_special_tokens": [.bool(false)], "chat_template": [], "chat_template_kwargs": [], "documents": [],
        ]) { $1 },
        hints: sharedHints.merging(["prompt": "texts are continued at /v1/completions"]) { $1 })

    /// A message of a chat.
    static let message = KnownParameters(
        carriedOut: ["role", "content"], harmless: ["name"],
        defaults: ["tool_calls": [], "function_call": [], "tool_call_id": [], "refusal": [], "audio": []])

    /// A part of a message.
    static let part = KnownParameters(carriedOut: ["type", "text"], harmless: ["annotations", "cache_control"])

    static let streamOptions = KnownParameters(
        carriedOut: ["include_usage", "include_ids"], harmless: ["include_obfuscation", "continuous_usage_stats"])

    /// Our own.
    static let foretoken = KnownParameters(carriedOut: ["lookahead", "top_k", "min_p", "timeout"])
}
