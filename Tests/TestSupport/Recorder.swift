public import Executors
internal import Synchronization

/// Keeps what callbacks report, and lets a test wait for it.
public final class Recorder<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        var waiting: (count: Int, continuation: CheckedContinuation<Void, Never>)?
    }

    public struct TimedOut: Error {
        public let recorded: [Element]
    }

    private let state = Mutex(State())

    public init() {}

    public var elements: [Element] { self.state.withLock { $0.elements } }

    public func add(_ element: Element) {
        let ready = self.state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.elements.append(element)
            guard let waiting = state.waiting, state.elements.count >= waiting.count else { return nil }
            state.waiting = nil
            return waiting.continuation
        }
        ready?.resume()
    }

    /// Waits until that many elements are there.
    @discardableResult
    public func wait(for count: Int, seconds: Double = Patience.seconds) async throws -> [Element] {
        let deadline = Task {
            try await Task.sleep(for: .seconds(seconds))
            self.state.withLock { $0.waiting.take() }?.continuation.resume()
        }
        await withCheckedContinuation { continuation in
            let ready = self.state.withLock { state in
                guard state.elements.count < count else { return true }
                state.waiting = (count, continuation)
                return false
            }
            if ready { continuation.resume() }
        }
        deadline.cancel()
        let elements = self.elements
        guard elements.count >= count else { throw TimedOut(recorded: elements) }
        return elements
    }
}

extension Loop {
    /// Runs `body` on the loop and waits for its result.
    @discardableResult
    public func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            self.execute { continuation.resume(with: Result(catching: body)) }
        }
    }
}
