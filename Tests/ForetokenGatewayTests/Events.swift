import Foundation
import Synchronization
import Testing

/// Keeps the events of a stream, and when they came.
final class Events: Sendable {
    private let events = Mutex<[(text: String, at: ContinuousClock.Instant)]>([])

    var all: [String] { self.events.withLock { $0.map(\.text) } }

    /// Between one event and the next.
    var gaps: [Duration] {
        self.events.withLock { events in zip(events.dropFirst(), events).map { $0.at - $1.at } }
    }

    func add(_ event: String) { self.events.withLock { $0.append((event, .now)) } }
}

/// The objects of a stream's events, which ends with `[DONE]`.
func objects(of events: [String]) throws -> [[String: Any]] {
    #expect(events.last == "[DONE]")
    return try events.dropLast().map {
        try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
}
