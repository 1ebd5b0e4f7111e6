import Synchronization

/// What requests of a connection are told of it while they are answered: that the other end is gone.
final class Connection: Sendable {
    private struct State {
        var isGone = false
        var isForHealth = false
        var watches: [Int: @Sendable () -> Void] = [:]
        var next = 0
    }

    private let state = Mutex(State())

    var isGone: Bool { self.state.withLock { $0.isGone } }

    /// Whether there was no room for it but to ask for health.
    var isForHealth: Bool { self.state.withLock { $0.isForHealth } }

    /// Calls `action` once when the connection is gone; at once where it is.
    ///
    /// - Returns: for `forget`.
    func whenGone(_ action: @escaping @Sendable () -> Void) -> Int {
        let number = self.state.withLock { state -> Int? in
            guard !state.isGone else { return nil }
            state.next += 1
            state.watches[state.next] = action
            return state.next
        }
        if number == nil { action() }
        return number ?? 0
    }

    func forget(_ number: Int) {
        self.state.withLock { _ = $0.watches.removeValue(forKey: number) }
    }

    func end() {
        let watches = self.state.withLock { state in
            state.isGone = true
            defer { state.watches = [:] }
            return state.watches.values.map { $0 }
        }
        for watch in watches { watch() }
    }

    func restrictToHealth() {
        self.state.withLock { $0.isForHealth = true }
    }
}
