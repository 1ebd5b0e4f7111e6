/// What came of a pass.
public struct PassOutcome: Sendable {
    /// One for each of the pass's entries; `nil` where it was to choose no token.
    public var walks: [AcceptanceWalk?]
    /// How long the pass took, choices included.
    public var seconds: Seconds
    /// How long it waited for its thread, where a draft computes there too.
    public var queuedSeconds: Seconds

    public init(walks: [AcceptanceWalk?], seconds: Seconds, queuedSeconds: Seconds = 0) {
        self.walks = walks
        self.seconds = seconds
        self.queuedSeconds = queuedSeconds
    }
}
