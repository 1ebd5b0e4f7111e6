public import Speculation

/// When the tokens of one text left for its client. A value without a clock.
public struct Pace: Sendable {
    let askedAt: Seconds
    /// When the latest left; `nil` before the first.
    private var latest: Seconds?
    /// When the first left; `nil` before.
    private(set) var firstAt: Seconds?
    /// Whether the client had tokens of the text already when it asked.
    private let isResumed: Bool

    /// What the client has waited for tokens.
    public enum Wait: Equatable, Sendable {
        case forFirst(Seconds)
        case forNext(Seconds)
    }

    init(askedAt: Seconds, isResumed: Bool = false) {
        self.askedAt = askedAt
        self.isResumed = isResumed
    }

    /// - Returns: seconds until the first of the tokens that leave now; `nil` for the first of a text that is resumed,
    ///   which tells of no wait that anyone has seen.
    mutating func leave(at now: Seconds) -> Wait? {
        defer { (self.latest, self.firstAt) = (now, self.firstAt ?? now) }
        if let latest = self.latest { return .forNext(now - latest) }
        return self.isResumed ? nil : .forFirst(now - self.askedAt)
    }
}
