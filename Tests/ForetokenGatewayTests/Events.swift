import Foundation
import Synchronization
import Testing

/// Keeps the events of a stream.
final class Events: Sendable {
    private let events = Mutex<[String]>([])

    var all: [String] { self.events.withLock { $0 } }

    func add(_ event: String) { self.events.withLock { $0.append(event) } }
}

/// The objects of a stream's events, which ends with `[DONE]`.
func objects(of events: [String]) throws -> [[String: Any]] {
    #expect(events.last == "[DONE]")
    return try events.dropLast().map {
        try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
}
