import Foretoken

/// What happens to one of the texts of a request.
enum TextEvent: Sendable {
    case piece(Generation.Piece, choice: Int)
    case finished(Generation.FinishReason, GenerationStatistics, choice: Int)
}

/// The texts of a request as they come, interleaved.
///
/// They are written until nobody keeps the stream any more, or the task that reads it is cancelled, or the connection
/// is gone; and their slots are free then.
struct Texts: Sendable {
    let events: AsyncThrowingStream<TextEvent, any Error>

    /// - Parameters:
    ///   - connection: of the client that wants them.
    ///   - end: called once, when all are over.
    init(
        _ request: TextRequest, client: ForetokenClient, connection: Connection, end: @escaping @Sendable () -> Void
    ) {
        let (events, continuation) = AsyncThrowingStream.makeStream(of: TextEvent.self)
        // Nothing may be over before it is known what happens then.
        let (beginning, begin) = AsyncStream.makeStream(of: Void.self)
        let task = Task {
            defer { end() }
            for await _ in beginning {}
            do {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for (choice, text) in request.texts.enumerated() {
                        group.addTask {
                            try await Self.write(text, choice, request.timeout, client, continuation)
                        }
                    }
                    try await group.waitForAll()
                }
                continuation.finish()
            } catch {
                continuation.finish(throwing: error)
            }
        }
        let watch = connection.whenGone { task.cancel() }
        continuation.onTermination = { _ in
            task.cancel()
            connection.forget(watch)
        }
        begin.finish()
        self.events = events
    }

    private static func write(
        _ text: TextRequest.Text, _ choice: Int, _ timeout: Duration?, _ client: ForetokenClient,
        _ continuation: AsyncThrowingStream<TextEvent, any Error>.Continuation
    ) async throws(ForetokenError) {
        let generation = try await client.generate(text.prompt, options: text.options, timeout: timeout)
        var iterator = generation.makeAsyncIterator()
        while let piece = try await iterator.next() { continuation.yield(.piece(piece, choice: choice)) }
        continuation.yield(.finished(generation.finishReason ?? .length, generation.statistics, choice: choice))
    }
}
