import CommandSupport
import Foretoken
import Measurement
import OpenAIClient

/// What the requests of a load test ask for.
struct LoadTexts: Sendable {
    let prompts: [String]
    let maxTokens: Int
    let temperature: Float
    let seed: UInt64
    /// `nil`: as the server finds best.
    let lookahead: String?
    let timeout: Duration
    let isComparison: Bool

    /// Another one when a prompt is used again, so that a sampled text differs.
    func seed(of order: LoadOrder) -> UInt64 { self.seed &+ UInt64(order.round) }

    func lookahead(of arm: LoadArm) -> String? {
        switch arm {
        case .asked: self.lookahead
        case .off: "off"
        }
    }
}

/// Sends requests to a coordinator.
struct CoordinatorTarget: LoadTarget {
    let client: ForetokenClient
    let texts: LoadTexts

    func send(_ order: LoadOrder, _ clock: LoadClock, arrived: @escaping @Sendable () -> Void) async -> RequestTrace {
        var trace = RequestTrace(order: order, begun: clock.now, ended: 0, ending: .completed)
        let options = GenerationOptions(
            maxTokens: self.texts.maxTokens, temperature: self.texts.temperature, seed: self.texts.seed(of: order),
            lookahead: self.texts.lookahead(of: order.arm) ?? "")
        // Tokens of a pass come together; its last one is not a draft's.
        var together = 0
        var hasher = Hasher()
        func arrive() {
            guard together > 0 else { return }
            trace.arrivals.append(.init(at: clock.now, weight: together))
            together = 0
            arrived()
        }
        do {
            let generation = try await self.client.generate(
                self.texts.prompts[order.prompt], options: options, timeout: self.texts.timeout)
            for try await piece in generation {
                hasher.combine(piece.token)
                together += 1
                if piece.origin != .accepted { arrive() }
            }
            arrive()
            let statistics = generation.statistics
            trace.counters = .init(
                tokens: statistics.generatedTokens, targetPasses: statistics.targetPasses, rounds: statistics.rounds,
                draftTokens: statistics.draftTokens, acceptedTokens: statistics.acceptedTokens)
        } catch {
            arrive()
            trace.ending =
                switch error.code {
                case .cancelled where Task.isCancelled: .cutOff
                case .deadlineExceeded: .timedOut
                default: .failed(error.code.rawValue)
                }
        }
        trace.ended = clock.now
        trace.reportedTokens = trace.arrivals.reduce(0) { $0 + $1.weight }
        trace.textHash = hasher.finalize()
        return trace
    }
}

/// Sends requests to a server that speaks OpenAI's protocol.
struct OpenAITarget: LoadTarget {
    let client: OpenAIClient
    let model: String
    let isChat: Bool
    let texts: LoadTexts

    func request(prompt: Int, maxTokens: Int, seed: UInt64, lookahead: String?) -> CompletionRequest {
        CompletionRequest(
            model: self.model, prompt: self.texts.prompts[prompt], isChat: self.isChat, maxTokens: maxTokens,
            temperature: self.texts.temperature, seed: seed, lookahead: lookahead)
    }

    func send(_ order: LoadOrder, _ clock: LoadClock, arrived: @escaping @Sendable () -> Void) async -> RequestTrace {
        let request = self.request(
            prompt: order.prompt, maxTokens: self.texts.maxTokens, seed: self.texts.seed(of: order),
            lookahead: self.texts.lookahead(of: order.arm))
        let completion = await self.client.stream(request, timeout: self.texts.timeout, arrived: arrived)
        let ending: RequestTrace.Ending =
            switch completion.error {
            case nil: .completed
            case .timedOut: .timedOut
            case .cancelled: .cutOff
            case let error?: .failed(error.kind)
            }
        return RequestTrace(
            order: order, begun: clock.seconds(at: completion.begun),
            arrivals: completion.arrivals.map { .init(at: clock.seconds(at: $0.at), weight: $0.weight) },
            ended: clock.seconds(at: completion.ended), ending: ending, reportedTokens: completion.tokens,
            counters: completion.counters.map {
                .init(
                    tokens: $0.tokens, targetPasses: $0.targetPasses, rounds: $0.rounds, draftTokens: $0.draftTokens,
                    acceptedTokens: $0.acceptedTokens)
            }, textHash: completion.textHash)
    }
}
