package import UnixSignals

/// What ended a piece of work.
package enum Interruptible<Result: Sendable>: Sendable {
    case finished(Result)
    case interrupted(UnixSignal)
}

/// Runs `body` until it is done, or cancels it at Ctrl-C or SIGTERM and waits for its end.
package func untilInterrupted<Result: Sendable>(
    _ body: @escaping @Sendable () async throws -> Result
) async throws -> Interruptible<Result> {
    let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
    return try await withThrowingTaskGroup(of: Interruptible<Result>?.self) { group in
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
