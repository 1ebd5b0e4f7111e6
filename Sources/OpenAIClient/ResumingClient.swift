internal import Synchronization

/// Asks one of several servers of ours, and has the next one go on with a text where one is lost or leaves.
public final class ResumingClient: Sendable {
    private let servers: [OpenAIClient]
    /// The server that is asked first.
    private let preferred = Mutex(0)

    /// Times between tries, once every server was tried in vain.
    private static let (leastWait, mostWait) = (Duration.milliseconds(50), Duration.seconds(1))

    /// - Parameters:
    ///   - addresses: at least one.
    ///   - key: sent with every request; `nil` where the servers ask for none.
    ///   - patience: how long nothing may come of an answer before the next server is asked, as where one is frozen; `nil`:
    ///     any time. A server of ours sends a line every 15 s where a text waits for its turn.
    public init(_ addresses: [OpenAIAddress], key: String?, patience: Duration? = .seconds(20)) {
        precondition(!addresses.isEmpty)
        self.servers = addresses.map { OpenAIClient($0, key: key, patience: patience) }
    }

    /// Lets the servers stream a text, and waits for its end.
    ///
    /// - Parameters:
    ///   - timeout: until the whole text must be there, whoever writes it.
    ///   - arrived: called with each arrival.
    /// - Returns: what came, though it came to no end; `resumptions` tells how often it was taken up again.
    public func stream(
        _ request: CompletionRequest, timeout: Duration,
        arrived: @Sendable (StreamedCompletion.Arrival) -> Void = { _ in }
    ) async -> StreamedCompletion {
        var request = request
        request.includesIDs = true
        var reader = CompletionReader()
        let begun = ContinuousClock.now
        var wait = Self.leastWait
        var failures = 0
        while true {
            let number = self.preferred.withLock { $0 }
            let known = reader.lastEventID
            do throws(OpenAIError) {
                let left = max(.zero, begun + timeout - .now)
                let ended = try await self.servers[number].read(request, left, into: &reader, arrived)
                return reader.completion(from: begun, to: ended)
            } catch {
                guard error.isPassing, !Task.isCancelled, .now < begun + timeout, reader.resume() else {
                    return reader.completion(from: begun, to: .now, error)
                }
            }
            self.preferred.withLock { if $0 == number { $0 = (number + 1) % self.servers.count } }
            if reader.lastEventID != known { (failures, wait) = (0, Self.leastWait) }
            failures += 1
            guard failures % self.servers.count == 0 else { continue }
            try? await Task.sleep(for: wait)
            wait = min(wait * 2, Self.mostWait)
        }
    }
}
