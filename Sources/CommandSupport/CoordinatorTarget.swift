package import Foretoken
package import Measurement

/// Sends requests to a coordinator.
package struct CoordinatorTarget: LoadTarget {
    private let client: ForetokenClient
    private let texts: LoadTexts
    private let failed: @Sendable (LoadOrder, ForetokenError) -> Void

    /// - Parameter failed: called with why a request failed, in full.
    package init(
        client: ForetokenClient, texts: LoadTexts,
        failed: @escaping @Sendable (LoadOrder, ForetokenError) -> Void = { _, _ in }
    ) {
        self.client = client
        self.texts = texts
        self.failed = failed
    }

    package func send(
        _ order: LoadOrder, _ clock: LoadClock, arrived: @escaping @Sendable () -> Void
    ) async -> RequestTrace {
        var trace = RequestTrace(order: order, begun: clock.now, ended: 0, ending: .completed)
        let options = GenerationOptions(
            maxTokens: self.texts.maxTokens(of: order), temperature: self.texts.temperature,
            seed: self.texts.seed(of: order),
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
                draftTokens: statistics.draftTokens, acceptedTokens: statistics.acceptedTokens,
                passSeconds: statistics.meanPassSeconds > 0 ? statistics.meanPassSeconds : nil)
        } catch {
            arrive()
            trace.ending =
                switch error.code {
                case .cancelled where Task.isCancelled: .cutOff
                case .deadlineExceeded: .timedOut
                default: .failed(error.code.rawValue)
                }
            if case .failed = trace.ending { self.failed(order, error) }
        }
        trace.ended = clock.now
        trace.reportedTokens = trace.arrivals.reduce(0) { $0 + $1.weight }
        trace.textHash = hasher.finalize()
        return trace
    }
}
