import CommandSupport
import Foretoken
import Measurement
import Speculation
import Synchronization

/// Clients at once, each of which generates one text after the other, from a queue that all share.
struct Crowd: Sendable {
    let clients: [ForetokenClient]
    let prompts: [CheckPrompt]
    let options: GenerationOptions
    /// From the start to the window at least; it also waits until every client has had a token.
    let warmUp: Duration
    let window: Duration

    /// What is to be written: the prompts one after the other, and then again with other seeds.
    struct Order: Hashable, Sendable {
        /// Index among the prompts.
        var prompt: Int
        var seed: UInt64
    }

    /// What a client has got, all or as much as came in time.
    struct Text: Sendable {
        var order: Order
        var tokens: [UInt32] = []
        var seen: LoadText
    }

    struct Result: Sendable {
        var texts: [Text] = []
        /// On the clock of the texts.
        var window: ClosedRange<Seconds> = 0...0
        var longPromptSeconds: [Seconds] = []
    }

    private enum Part: Sendable {
        case texts([Text])
        case longPrompts([Seconds])
        case window(ClosedRange<Seconds>)
    }

    /// Lets all clients generate until the window closes, and cuts off what is under way then.
    ///
    /// - Parameter sender: sends long prompts meanwhile, one after the other.
    /// - Throws: `CommandError` when a text fails.
    func run(_ rule: LookaheadRule, sender: (client: ForetokenClient, prompt: LongPrompt)?) async throws -> Result {
        let begin = ContinuousClock.now
        let queue = Counter()
        let (started, starting) = AsyncStream.makeStream(of: Void.self)
        return try await withThrowingTaskGroup(of: Part.self) { group in
            for number in self.clients.indices {
                group.addTask {
                    var texts: [Text] = []
                    while !Task.isCancelled {
                        let order = self.order(queue.next())
                        let text = try await self.generate(order, rule, as: number, since: begin) {
                            if texts.isEmpty { starting.yield() }
                        }
                        texts.append(text)
                    }
                    return .texts(texts)
                }
            }
            if let sender {
                group.addTask {
                    .longPrompts(try await self.send(sender.prompt, rule, with: sender.client))
                }
            }
            group.addTask {
                var count = 0
                for await _ in started {
                    count += 1
                    if count == self.clients.count { break }
                }
                try await Task.sleep(until: max(.now, begin + self.warmUp))
                let opened = begin.secondsToNow
                try await Task.sleep(for: self.window)
                return .window(opened...begin.secondsToNow)
            }
            var result = Result()
            while let part = try await group.next() {
                switch part {
                case .texts(let texts): result.texts += texts
                case .longPrompts(let seconds): result.longPromptSeconds = seconds
                case .window(let window):
                    result.window = window
                    group.cancelAll()
                }
            }
            return result
        }
    }

    private func order(_ number: Int) -> Order {
        let round = self.options.temperature > 0 ? UInt64(number / self.prompts.count) : 0
        return Order(prompt: number % self.prompts.count, seed: self.options.seed &+ round)
    }

    /// - Parameter start: called with the first token.
    private func generate(
        _ order: Order, _ rule: LookaheadRule, as number: Int, since begin: ContinuousClock.Instant,
        start: () -> Void
    ) async throws -> Text {
        var options = self.options
        (options.seed, options.lookahead) = (order.seed, rule.description)
        var text = Text(order: order, seen: LoadText(client: number, askedAt: begin.secondsToNow))
        // Tokens of a pass come together; its last one is not a draft's.
        var together = 0
        func arrive() {
            if together > 0 { text.seen.arrivals.append(.init(at: begin.secondsToNow, tokens: together)) }
            together = 0
        }
        do {
            let generation = try await self.clients[number].generate(
                self.prompts[order.prompt].text, options: options)
            for try await piece in generation {
                if text.tokens.isEmpty { start() }
                text.tokens.append(piece.token)
                together += 1
                if piece.origin != .accepted { arrive() }
            }
            text.seen.counters = .init(generation.statistics)
        } catch  where error.code == .cancelled && Task.isCancelled {
            // The window has closed.
        } catch {
            throw CommandError(
                ExitStatus(error.code), "\(self.prompts[order.prompt].place), rule \(rule): \(error)")
        }
        arrive()
        return text
    }

    /// - Returns: how long each took.
    private func send(
        _ prompt: LongPrompt, _ rule: LookaheadRule, with client: ForetokenClient
    ) async throws -> [Seconds] {
        let options = GenerationOptions(maxTokens: 1, lookahead: rule.description)
        var seconds: [Seconds] = []
        while !Task.isCancelled {
            do {
                let text = prompt.text(Self.longPrompts.next())
                let completion = try await client.complete(text, options: options)
                seconds.append(completion.statistics.seconds)
            } catch  where error.code == .cancelled && Task.isCancelled {
                break
            } catch {
                throw CommandError(ExitStatus(error.code), "a long prompt, rule \(rule): \(error)")
            }
        }
        return seconds
    }

    /// No long prompt of this process begins as another.
    private static let longPrompts = Counter()
}

/// Numbers from 0 on, each once.
private final class Counter: Sendable {
    private let value = Atomic(0)

    func next() -> Int { self.value.wrappingAdd(1, ordering: .relaxed).oldValue }
}

extension ContinuousClock.Instant {
    fileprivate var secondsToNow: Seconds { (ContinuousClock.now - self) / .seconds(1) }
}

extension LoadText.Counters {
    fileprivate init(_ statistics: GenerationStatistics) {
        self.init(
            tokens: statistics.generatedTokens, targetPasses: statistics.targetPasses, rounds: statistics.rounds,
            draftTokens: statistics.draftTokens, acceptedTokens: statistics.acceptedTokens,
            meanPassSeconds: statistics.meanPassSeconds)
    }
}
