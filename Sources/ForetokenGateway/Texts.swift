import Foretoken

/// What happens to one of the texts of a request.
enum TextEvent: Sendable {
    case piece(Generation.Piece, choice: Int)
    case finished(Generation.FinishReason, GenerationStatistics, choice: Int)
    /// Some time has passed, whatever came in it.
    case tick

    /// The text that it is of.
    var choice: Int? {
        switch self {
        case .piece(_, let choice), .finished(_, _, let choice): choice
        case .tick: nil
        }
    }
}

/// The texts of a request as they come, interleaved.
///
/// They are written until nobody keeps the stream any more, or the task that reads it is cancelled, or the connection
/// is gone; and their slots are free then.
struct Texts: Sendable {
    let events: AsyncThrowingStream<TextEvent, any Error>

    /// Times at which a stream is told that time passes.
    struct Ticks: Sendable {
        var first: Duration
        var interval: Duration
    }

    /// - Parameters:
    ///   - connection: of the client that wants them.
    ///   - ticks: `nil` for none.
    ///   - end: called once, when all are over.
    init(
        _ request: TextRequest, client: ForetokenClient, connection: Connection, ticks: Ticks?,
        end: @escaping @Sendable () -> Void
    ) {
        let (events, continuation) = AsyncThrowingStream.makeStream(of: TextEvent.self)
        // Nothing may be over before it is known what happens then.
        let (beginning, begin) = AsyncStream.makeStream(of: Void.self)
        let task = Task {
            defer { end() }
            for await _ in beginning {}
            do {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for text in request.texts {
                        group.addTask { try await Self.write(text, request, client, continuation) }
                    }
                    try await group.waitForAll()
                }
                continuation.finish()
            } catch {
                continuation.finish(throwing: connection.isGone ? OpenAIError.clientLeft : error)
            }
        }
        let clock = ticks.map { ticks in Task { try await Self.tick(ticks, continuation) } }
        let watch = connection.whenGone { task.cancel() }
        continuation.onTermination = { _ in
            task.cancel()
            clock?.cancel()
            connection.forget(watch)
        }
        begin.finish()
        self.events = events
    }

    private static func tick(
        _ ticks: Ticks, _ continuation: AsyncThrowingStream<TextEvent, any Error>.Continuation
    ) async throws {
        try await Task.sleep(for: ticks.first)
        while true {
            continuation.yield(.tick)
            try await Task.sleep(for: ticks.interval)
        }
    }

    private static func write(
        _ text: TextRequest.Text, _ request: TextRequest, _ client: ForetokenClient,
        _ continuation: AsyncThrowingStream<TextEvent, any Error>.Continuation
    ) async throws(OpenAIError) {
        let choice = text.choice
        do throws(ForetokenError) {
            let generation = try await client.generate(text.prompt, options: text.options, timeout: request.timeout)
            var iterator = generation.makeAsyncIterator()
            while let piece = try await iterator.next() { continuation.yield(.piece(piece, choice: choice)) }
            continuation.yield(.finished(generation.finishReason ?? .length, generation.statistics, choice: choice))
        } catch {
            throw OpenAIError(error, of: request, choice: choice)
        }
    }
}

extension OpenAIError {
    /// The error of one text of a request.
    fileprivate init(_ error: ForetokenError, of request: TextRequest, choice: Int) {
        self.init(error)
        // What a client's own limit ends is nobody's failure.
        if error.code == .deadlineExceeded, request.timeout != nil { self.isFailure = false }
        guard request.prompts.count > 1, self.status == 400 else { return }
        let prompt = "prompt[\(choice / request.choices)]"
        self.parameter = prompt
        self.message = "'\(prompt)': \(self.message)"
    }
}
