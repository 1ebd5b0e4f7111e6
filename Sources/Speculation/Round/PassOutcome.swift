/// What came of a pass.
public struct PassOutcome: Sendable {
    /// One for each of the pass's entries; `nil` where it was to choose no token.
    public var walks: [AcceptanceWalk?]
    /// How long the pass took, choices included.
    public var seconds: Seconds

    public init(walks: [AcceptanceWalk?], seconds: Seconds) {
        self.walks = walks
        self.seconds = seconds
    }
}
