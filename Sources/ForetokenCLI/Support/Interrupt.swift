import UnixSignals

/// What ended a piece of work.
enum Ending<Result: Sendable>: Sendable {
    case finished(Result)
    case interrupted(UnixSignal)
}

/// Runs `body` until it is done, or cancels it at Ctrl-C or SIGTERM and waits for its end.
func untilInterrupted<Result: Sendable>(
    _ body: @escaping @Sendable () async throws -> Result
) async throws -> Ending<Result> {
    let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
    return try await withThrowingTaskGroup(of: Ending<Result>?.self) { group in
        group.addTask {
            for await signal in signals { return .interrupted(signal) }
            return nil
        }
        group.addTask { .finished(try await body()) }
        defer { group.cancelAll() }
        while let ending = try await group.next() {
            guard let ending else { continue }
            if case .interrupted = ending {
                group.cancelAll()
                // The work ends by throwing that it was cancelled.
                while (try? await group.next()) != nil {}
            }
            return ending
        }
        throw CancellationError()
    }
}
