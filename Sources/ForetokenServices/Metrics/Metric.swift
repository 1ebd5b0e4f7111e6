public import ForetokenMetrics

/// The metrics of a coordinator; a target and a draft tell those of them that are their own.
///
/// Names and meanings are vLLM's where it has the same, under our prefix; units are seconds, bytes and tokens.
enum Metric: String, CaseIterable, Sendable {
    // Requests.
    case running = "foretoken_num_requests_running"
    case waiting = "foretoken_num_requests_waiting"
    case kvUsage = "foretoken_kv_cache_usage_perc"
    case success = "foretoken_request_success_total"
    case errors = "foretoken_request_errors_total"
    case dropped = "foretoken_messages_dropped_total"
    case refusals = "foretoken_refusals_total"
    case promptTokens = "foretoken_prompt_tokens_total"
    case reusedTokens = "foretoken_prompt_tokens_reused_total"
    case generatedTokens = "foretoken_generation_tokens_total"
    case timeToFirstToken = "foretoken_time_to_first_token_seconds"
    case interTokenLatency = "foretoken_inter_token_latency_seconds"
    case requestLatency = "foretoken_e2e_request_latency_seconds"

    // Speculation.
    case drafts = "foretoken_spec_decode_num_drafts_total"
    case draftTokens = "foretoken_spec_decode_num_draft_tokens_total"
    case acceptedTokens = "foretoken_spec_decode_num_accepted_tokens_total"
    case acceptedPerPosition = "foretoken_spec_decode_num_accepted_tokens_per_pos_total"
    case targetPasses = "foretoken_target_passes_total"
    case staleBlocks = "foretoken_stale_blocks_total"
    case missedBlocks = "foretoken_missed_blocks_total"
    case waited = "foretoken_block_wait_seconds_total"
    case generation = "foretoken_generation_seconds_total"
    case alone = "foretoken_target_alone_seconds_total"
    case speedup = "foretoken_speedup_ratio"
    case linkBytes = "foretoken_draft_link_bytes_total"
    case linkBytesPerToken = "foretoken_draft_link_bytes_per_accepted_token"
    case failovers = "foretoken_failovers_total"
    case roundingChanges = "foretoken_rounding_changes_total"

    // Each draft at each of its targets.
    case lookahead = "foretoken_lookahead_tokens"
    case price = "foretoken_price_tokens"
    case roundTrip = "foretoken_round_trip_seconds"
    case draftToken = "foretoken_draft_token_seconds"
    case predictedAcceptance = "foretoken_acceptance_predicted_ratio"
    case measuredAcceptance = "foretoken_acceptance_measured_ratio"

    // Each target, and each draft.
    case targetUp = "foretoken_target_up"
    case targetSlots = "foretoken_target_slots"
    case targetSlotsBusy = "foretoken_target_slots_busy"
    case targetKVUsage = "foretoken_target_kv_cache_usage_perc"
    case targetTokensPerSecond = "foretoken_target_tokens_per_second"
    case targetRows = "foretoken_target_pass_rows"
    case targetPassTime = "foretoken_target_pass_seconds"
    case draftUp = "foretoken_draft_up"
    case draftSlots = "foretoken_draft_slots"
    case draftSlotsBusy = "foretoken_draft_slots_busy"
}

extension Metric {
    var help: String {
        switch self {
        case .running: "Requests that a target has."
        case .waiting: "Requests that wait for a slot of a target: the queue's length."
        case .kvUsage: "Share of the KV cells of all targets that sequences hold: 0 to 1."
        case .success: "Texts that came to their end, by how: stop or length."
        case .dropped: "Messages that were dropped: malformed ones, and those of strangers, who have not greeted."
        case .refusals:
            """
            What this coordinator and its members, together by role, have refused since they started, by reason: \
            handshakes (key, handshake), greetings (hello), messages (message, revoked, sequence).
            """
        case .errors: "Requests that ended with a status instead of a text's end, by its code."
        case .promptTokens: "Tokens of prompts of opened sequences."
        case .reusedTokens: "Tokens of prompts that were computed already, for another sequence."
        case .generatedTokens: "Tokens sent to clients."
        case .timeToFirstToken: "From a request's arrival to its first token's leaving for the client."
        case .interTokenLatency:
            "Between two tokens of a text that leave for its client; 0 where they leave in one message."
        case .requestLatency: "From a request's arrival to the leaving of its text's last token."
        case .drafts: "Passes of a sequence that held draft tokens."
        case .draftTokens: "Draft tokens that passes held."
        case .acceptedTokens: "Draft tokens that the target chose too."
        case .acceptedPerPosition: "Accepted draft tokens by their place among those of their pass."
        case .targetPasses: "Passes of a sequence that committed tokens of it."
        case .staleBlocks: "Blocks of no use when they came."
        case .missedBlocks: "Times a block was waited for in vain."
        case .waited: "Time that sequences waited for blocks."
        case .generation: "Time of sequences from their first token to their last."
        case .alone: "What the target alone would have taken for the same tokens, by its own passes."
        case .speedup: "Tokens a second over those of the target alone, since the start."
        case .linkBytes: "Bytes of blocks to targets, and of verdicts to drafts."
        case .linkBytesPerToken: "Bytes between draft and target for each accepted token, since the start."
        case .failovers: "Sequences that another target, or another draft, took over."
        case .roundingChanges:
            "Texts begun in exact passes that went on at a target that rounds otherwise, or is not exact."
        case .lookahead: "Draft tokens of a pass; recent mean."
        case .price: "What the first token of a block has to be worth, in tokens."
        case .roundTrip: "Between draft and target."
        case .draftToken: "Time of one draft token."
        case .predictedAcceptance: "Acceptance of judged draft tokens as the draft predicted it; recent mean."
        case .measuredAcceptance: "Acceptance of judged draft tokens; recent mean."
        case .targetUp: "Whether the target answers."
        case .targetSlots: "Sequences that the target can hold."
        case .targetSlotsBusy: "Sequences that the target holds."
        case .targetKVUsage: "Share of the target's KV cells that sequences hold: 0 to 1."
        case .targetTokensPerSecond: "Of all sequences of the target, while it has any."
        case .targetRows: "Rows of a pass of the target; recent mean."
        case .targetPassTime: "Time of a pass of the target, by its rows."
        case .draftUp: "Whether the draft answers."
        case .draftSlots: "Sequences that the draft can mirror."
        case .draftSlotsBusy: "Sequences that the draft mirrors."
        }
    }

    /// vLLM's; finer ones at the low end, where tokens of small models come.
    var buckets: [Double] {
        switch self {
        case .timeToFirstToken:
            [
                0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160,
                640, 2560,
            ]
        case .interTokenLatency:
            [
                0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5,
                10, 20, 40, 80,
            ]
        case .requestLatency:
            [
                0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680,
            ]
        default: []
        }
    }
}

extension CoordinatorService {
    /// What each of a coordinator's metrics tells, and its buckets, for a backend.
    public static var metricDescriptions: [MetricDescription] {
        Metric.allCases.map { MetricDescription(name: $0.rawValue, help: $0.help, buckets: $0.buckets) }
    }
}
