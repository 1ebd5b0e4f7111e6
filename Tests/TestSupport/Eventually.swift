internal import Dispatch
public import Testing

/// How long tests wait for what has to happen.
///
/// These are limits for what hangs, and no measure of speed: a machine that many share may take a hundred times as long
/// as a quiet one, and nothing that a test says may depend on that. Only a test of a time gives one of its own.
public enum Patience {
    /// Seconds for a condition to come true: fewer than it takes until a peer with the slowest heartbeat, of a minute, is
    /// missed, so that tests with it show what is noticed without heartbeats.
    public static let seconds = 90.0
    /// Seconds for a whole program to do its work and end.
    public static let forPrograms = 600.0
}

/// Waits until a condition holds, by looking again every 2 ms: whoever looks all the time takes a core from those who
/// are to make it true.
///
/// - Parameters:
///   - what: what is waited for; told where it does not come.
///   - seconds: more than `Patience.seconds` only where a test waits for a longer time of the product's.
public func eventually(
    _ what: @autoclosure () -> String = "the condition", within seconds: Double = Patience.seconds,
    sourceLocation: SourceLocation = #_sourceLocation, isolation: isolated (any Actor)? = #isolation,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while !(try await condition()) {
        try #require(
            ContinuousClock.now < deadline, "\(what()) did not come true within \(seconds) s",
            sourceLocation: sourceLocation)
        await withCheckedContinuation { continuation in
            DispatchQueue.global().asyncAfter(deadline: .now() + 0.002) { continuation.resume() }
        }
    }
}
