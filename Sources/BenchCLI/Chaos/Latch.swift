import Dispatch
import Synchronization

/// A value that comes once, and is waited for.
final class Latch<Value: Sendable>: Sendable {
    private struct State {
        var value: Value?
        var waiters: [Int: CheckedContinuation<Value?, Never>] = [:]
        var nextWaiter = 0
    }

    private let state = Mutex(State())

    var value: Value? { self.state.withLock { $0.value } }

    /// Only the first value counts.
    func set(_ value: Value) {
        let waiters = self.state.withLock { state in
            guard state.value == nil else { return [CheckedContinuation<Value?, Never>]() }
            state.value = value
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume(returning: value) }
    }

    /// Waits for it, however long that takes.
    func wait() async -> Value { await self.value(within: .infinity)! }

    /// - Returns: `nil` when nothing came in time.
    func value(within seconds: Double) async -> Value? {
        await withCheckedContinuation { continuation in
            let (number, value) = self.state.withLock { state -> (Int, Value?) in
                state.nextWaiter += 1
                if state.value == nil { state.waiters[state.nextWaiter] = continuation }
                return (state.nextWaiter, state.value)
            }
            if let value { return continuation.resume(returning: value) }
            guard seconds < .infinity else { return }
            DispatchQueue.global().asyncAfter(deadline: .now() + seconds) {
                self.state.withLock { $0.waiters.removeValue(forKey: number) }?.resume(returning: nil)
            }
        }
    }
}
