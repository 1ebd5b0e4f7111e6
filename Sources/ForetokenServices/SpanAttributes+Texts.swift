internal import ForetokenWire
internal import Roles
internal import Speculation
internal import Tracing

/// What spans tell of texts: by the names of OpenTelemetry's conventions for generative AI, and vLLM's where these have
/// none; what is ours is under `foretoken`. Times are in seconds; no text and no token is in them.
extension SpanAttributes {
    /// What was asked of a coordinator.
    init(asked request: Request) {
        self.init([:])
        let isChat = if case .chat = request.prompt { true } else { false }
        self["gen_ai.operation.name"] = isChat ? "chat" : "text_completion"
        self["gen_ai.provider.name"] = "foretoken"
        if let id = request.names.id { self["gen_ai.request.id"] = id.description }
        self["gen_ai.request.temperature"] = Double(request.sampling.temperature)
        self["gen_ai.request.top_p"] = Double(request.sampling.topP)
        if request.maxTokens > 0 { self["gen_ai.request.max_tokens"] = request.maxTokens }
        self["gen_ai.request.n"] = 1
        if !request.committed.isEmpty { self["foretoken.committed_tokens"] = request.committed.count }
    }

    /// What became of a text at a coordinator.
    init(_ text: TextSummary) {
        self.init(text.statistics)
        self["gen_ai.latency.e2e"] = text.total
        if let queued = text.queued { self["gen_ai.latency.time_in_queue"] = queued }
        if let first = text.firstToken { self["gen_ai.latency.time_to_first_token"] = first }
        if case .finished(let reason) = text.outcome {
            self["gen_ai.response.finish_reasons"] = SpanAttribute.stringArray([reason.rawValue])
        }
        if !text.model.isEmpty {
            self["gen_ai.request.model"] = text.model
            self["gen_ai.response.model"] = text.model
        }
        if !text.target.isEmpty { self["foretoken.target"] = text.target }
        if !text.draft.isEmpty { self["foretoken.draft"] = text.draft }
        self["foretoken.spec.failovers"] = text.draftFailovers + text.statistics.resumptions
    }

    /// What a text has cost at a target.
    init(_ statistics: Statistics) {
        self.init([:])
        let (prefill, decode) = (
            Double(statistics.prefillMicroseconds) * 1e-6, Double(statistics.generationMicroseconds) * 1e-6
        )
        self["gen_ai.usage.prompt_tokens"] = statistics.promptTokens
        self["gen_ai.usage.completion_tokens"] = statistics.generatedTokens
        self["gen_ai.usage.input_tokens"] = statistics.promptTokens
        self["gen_ai.usage.output_tokens"] = statistics.generatedTokens
        self["gen_ai.latency.time_in_model_prefill"] = prefill
        self["gen_ai.latency.time_in_model_decode"] = decode
        self["gen_ai.latency.time_in_model_inference"] = prefill + decode
        self["foretoken.spec.passes"] = statistics.targetPasses
        self["foretoken.spec.rounds"] = statistics.rounds
        self["foretoken.spec.drafted"] = statistics.draftTokens
        self["foretoken.spec.accepted"] = statistics.acceptedTokens
        self["foretoken.spec.missed"] = statistics.missedBlocks
        self["foretoken.spec.stale"] = statistics.staleBlocks
        self["foretoken.spec.waited"] = Double(statistics.waitedMicroseconds) * 1e-6
        if statistics.roundTripMicroseconds > 0 {
            self["foretoken.spec.round_trip"] = Double(statistics.roundTripMicroseconds) * 1e-6
        }
    }

    /// What drafting for a text has come to.
    init(_ drafted: DraftState.Drafted) {
        self.init([:])
        self["foretoken.spec.drafted"] = drafted.tokens
        self["foretoken.spec.blocks"] = drafted.blocks
        self["foretoken.spec.drafting"] = drafted.seconds
        if let roundTrip = drafted.roundTrip { self["foretoken.spec.round_trip"] = roundTrip }
    }
}
