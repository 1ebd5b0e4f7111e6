import CommandSupport
import Measurement
import OpenAIClient

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
            prompt: order.prompt, maxTokens: self.texts.maxTokens(of: order), seed: self.texts.seed(of: order),
            lookahead: self.texts.lookahead(of: order.arm))
        let completion = await self.client.stream(request, timeout: self.texts.timeout) { _ in arrived() }
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
