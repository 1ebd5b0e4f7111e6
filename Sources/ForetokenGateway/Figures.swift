internal import Synchronization

/// Figures as they were written last; written anew where they are older than `age`, however many ask.
public final class Figures: Sendable {
    private let contentType: String
    private let write: @Sendable () -> String
    private let latest = Mutex<(text: String, writtenAt: ContinuousClock.Instant)?>(nil)

    /// Time for which figures are good.
    static let age = Duration.milliseconds(25)

    /// - Parameter write: writes those of now.
    public init(contentType: String, write: @escaping @Sendable () -> String) {
        self.contentType = contentType
        self.write = write
    }

    public var answer: GatewayRoute.Answer {
        let text = self.latest.withLock { latest in
            let now = ContinuousClock.now
            if let latest, now - latest.writtenAt < Self.age { return latest.text }
            let text = self.write()
            latest = (text, now)
            return text
        }
        return GatewayRoute.Answer(contentType: self.contentType, body: text)
    }
}
