import CommandSupport
import Foundation
import Measurement
import Synchronization

/// Keeps what happens, in the order of time, and writes it to a file where one is wanted.
final class HistoryRecorder: Sendable {
    private struct State {
        var events: [ChaosEvent] = []
        var nextRequest = 0
        var fault: (any Error)?
    }

    private let file: OutputFile?
    private let begun = ContinuousClock.now
    private let state = Mutex(State())

    init(file: OutputFile?) {
        self.file = file
    }

    func record(_ what: ChaosEvent.What) {
        self.state.withLock { state in
            let event = ChaosEvent(at: (ContinuousClock.now - self.begun) / .seconds(1), what)
            state.events.append(event)
            guard let file, state.fault == nil else { return }
            do {
                try file.write(try event.line())
            } catch {
                state.fault = error
            }
        }
    }

    /// A number that no other request has.
    func nextRequest() -> Int {
        self.state.withLock { state in
            state.nextRequest += 1
            return state.nextRequest
        }
    }

    var events: [ChaosEvent] { self.state.withLock { $0.events } }

    /// Gives the file its name.
    ///
    /// - Throws: where not all could be written.
    func close() throws {
        if let fault = self.state.withLock({ $0.fault }) { throw fault }
        try self.file?.close()
    }
}
