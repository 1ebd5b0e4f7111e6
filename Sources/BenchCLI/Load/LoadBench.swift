import CommandSupport
import Foretoken
import Measurement
import Speculation
import Synchronization

/// Measures every rule under every load, rules in turns.
///
/// For each repetition and number of clients all rules take their turn, in an order that rotates, so that slow changes
/// of the machine meet all alike. Every turn begins with the same prompt.
struct LoadBench: Sendable {
    let prompts: [CheckPrompt]
    /// With `off` among them.
    let rules: [LookaheadRule]
    let clientCounts: [Int]
    let repetitions: Int
    let warmUp: Seconds
    let window: Seconds
    let options: GenerationOptions
    /// Measures all once more beside long prompts, where there is one.
    let longPrompt: LongPrompt?
    let client: ForetokenClient
    let longPromptClient: ForetokenClient

    /// Seconds that texts under way at the end of a window have left.
    private static let drain: Seconds = 60

    var count: Int {
        self.repetitions * self.clientCounts.count * self.rules.count * (self.longPrompt == nil ? 1 : 2)
    }

    /// - Parameter record: called after each turn.
    func run(record: @Sendable (LoadRun) -> Void) async throws {
        var alone = TextsAlone(bench: self)
        for repetition in 0..<self.repetitions {
            for (index, clients) in self.clientCounts.enumerated() {
                for rule in self.rules.rotated(by: index + repetition) {
                    for longPrompt in self.longPrompt == nil ? [nil] : [nil, self.longPrompt] {
                        let turn = try await self.turn(of: clients, rule, besides: longPrompt)
                        try Task.checkCancellation()
                        record(
                            LoadRun(
                                clients: clients, rule: rule.description, repetition: repetition,
                                hasLongPrompts: longPrompt != nil, figures: turn.figures,
                                comparedTexts: turn.traces.count,
                                differentTexts: try await alone.differing(turn.traces),
                                longPrompt: Latencies(of: turn.longPromptSeconds)))
                    }
                }
            }
        }
    }

    private struct Turn: Sendable {
        var figures: LoadFigures
        /// Traces of the texts that came to their end.
        var traces: [RequestTrace]
        var longPromptSeconds: [Seconds] = []
    }

    private enum Part: Sendable {
        case turn(Turn)
        case longPrompts([Seconds])
        case watched
    }

    /// - Throws: `CommandError` when a text fails.
    private func turn(of clients: Int, _ rule: LookaheadRule, besides longPrompt: LongPrompt?) async throws -> Turn {
        let (failures, failing) = AsyncThrowingStream<Never, any Error>.makeStream()
        let target = self.target(rule) { failing.finish(throwing: $0) }
        return try await withThrowingTaskGroup(of: Part.self) { group in
            group.addTask { .turn(await self.load(target, clients)) }
            group.addTask {
                for try await _ in failures {}
                return .watched
            }
            if let longPrompt {
                group.addTask { .longPrompts(try await self.send(longPrompt, rule)) }
            }
            var turn: Turn?
            var longPromptSeconds: [Seconds] = []
            while let part = try await group.next() {
                switch part {
                case .turn(let whole):
                    turn = whole
                    group.cancelAll()
                case .longPrompts(let seconds): longPromptSeconds = seconds
                case .watched: break
                }
            }
            turn!.longPromptSeconds = longPromptSeconds
            return turn!
        }
    }

    private func load(_ target: CoordinatorTarget, _ clients: Int) async -> Turn {
        let state = LoadTestState([.asked], goal: ServiceLevels())
        let traces = Mutex<[RequestTrace]>([])
        let test = LoadTest(
            target: target, state: state,
            plan: LoadPlan(
                bound: .seconds(self.window), warmUp: self.warmUp, isComparison: false, seed: self.options.seed),
            shape: .closed(clients: clients),
            deck: PromptDeck(count: self.prompts.count, seed: self.options.seed, repeats: true), drain: Self.drain,
            mostInFlight: clients, endsWithPrompts: false
        ) { trace in
            if trace.ending == .completed { traces.withLock { $0.append(trace) } }
        }
        _ = await test.run()
        let figures = state.recorder.withLock { $0.figures(now: state.clock.now)[0] }
        return Turn(figures: figures, traces: traces.withLock(\.self))
    }

    /// - Parameter failed: called with what to tell of a text that failed, and of where its prompt stands.
    fileprivate func target(
        _ rule: LookaheadRule, failed: @escaping @Sendable (CommandError) -> Void
    ) -> CoordinatorTarget {
        let texts = LoadTexts(
            prompts: self.prompts.map(\.text), maxTokens: self.options.maxTokens,
            temperature: self.options.temperature, seed: self.options.seed, lookahead: rule.description,
            timeout: .seconds(600), isComparison: false)
        return CoordinatorTarget(client: self.client, texts: texts) { order, error in
            failed(CommandError(ExitStatus(error.code), "\(self.prompts[order.prompt].place), rule \(rule): \(error)"))
        }
    }

    /// Sends long prompts one after the other until its task is cancelled.
    ///
    /// - Returns: how long each took.
    private func send(_ prompt: LongPrompt, _ rule: LookaheadRule) async throws -> [Seconds] {
        let options = GenerationOptions(maxTokens: 1, lookahead: rule.description)
        var seconds: [Seconds] = []
        while !Task.isCancelled {
            do {
                let text = prompt.text(Self.longPrompts.wrappingAdd(1, ordering: .relaxed).oldValue)
                let completion = try await self.longPromptClient.complete(text, options: options)
                seconds.append(completion.statistics.seconds)
            } catch  where error.code == .cancelled && Task.isCancelled {
                break
            } catch {
                throw CommandError(ExitStatus(error.code), "a long prompt, rule \(rule): \(error)")
            }
        }
        return seconds
    }

    /// How many were sent; no long prompt of this process begins as another.
    private static let longPrompts = Atomic(0)
}

/// What the target writes alone, generated when it is first asked for.
private struct TextsAlone {
    private struct Question: Hashable {
        var prompt: Int
        var round: Int
        var share: Double
    }

    private let bench: LoadBench
    private let clock = LoadClock()
    private var hashes: [Question: Int] = [:]

    init(bench: LoadBench) {
        self.bench = bench
    }

    /// How many of these texts are not the target's own.
    mutating func differing(_ traces: [RequestTrace]) async throws -> Int {
        var count = 0
        for trace in traces where try await self.hash(of: trace.order) != trace.textHash { count += 1 }
        return count
    }

    private mutating func hash(of order: LoadOrder) async throws -> Int {
        let round = self.bench.options.temperature > 0 ? order.round : 0
        let question = Question(prompt: order.prompt, round: round, share: order.share)
        if let hash = self.hashes[question] { return hash }
        let failure = Mutex<CommandError?>(nil)
        let target = self.bench.target(.off) { error in failure.withLock { $0 = error } }
        let trace = await target.send(order, self.clock) {}
        try Task.checkCancellation()
        if let error = failure.withLock(\.self) { throw error }
        self.hashes[question] = trace.textHash
        return trace.textHash
    }
}
