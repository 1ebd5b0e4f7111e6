internal import Executors
internal import Synchronization

/// Asks for names, each on a thread of its own: a name that nobody answers for takes many seconds, and must hold up no
/// other. However many want to know a name at once, it is asked for once.
final class NameQuestions: Sendable {
    /// Names that are asked for at once at most; more of them wait for their turn.
    static let mostThreads = 16

    typealias Telling = @Sendable (_ numbers: [String]) -> Void

    private struct State {
        /// Who wants to know, by name.
        var asking: [String: [Telling]] = [:]
        var waiting: [String] = []
        var threads = 0
    }

    private let system: @Sendable (String) -> [String]
    private let state = Mutex(State())

    /// - Parameter system: finds the numbers of a name; may block.
    init(system: @escaping @Sendable (String) -> [String]) {
        self.system = system
    }

    /// Asks for the numbers of a name, without waiting.
    ///
    /// - Parameter tell: called once, on another thread, with none where the name does not resolve; or on this one, where
    ///   no thread can be had.
    func ask(for name: String, _ tell: @escaping Telling) {
        let needsThread = self.state.withLock { state in
            state.asking[name, default: []].append(tell)
            guard state.asking[name]?.count == 1 else { return false }
            guard state.threads < Self.mostThreads else {
                state.waiting.append(name)
                return false
            }
            state.threads += 1
            return true
        }
        guard needsThread, !BlockingWork.start(name: "resolver", { self.askInTurn(name) }) else { return }
        // As at the limit of a container: whoever wants to know asks again later.
        for tell in self.end(name) { tell([]) }
    }

    /// - Returns: who wanted to know a name; the thread that asked for it is over.
    private func end(_ name: String) -> [Telling] {
        self.state.withLock { state in
            state.threads -= 1
            return state.asking.removeValue(forKey: name) ?? []
        }
    }

    /// Asks for a name, and then for those that wait.
    private func askInTurn(_ first: String) {
        var next: String? = first
        while let name = next {
            let numbers = self.system(name)
            let (asking, following) = self.state.withLock { state in
                let asking = state.asking.removeValue(forKey: name) ?? []
                guard state.waiting.isEmpty else { return (asking, Optional(state.waiting.removeFirst())) }
                state.threads -= 1
                return (asking, nil)
            }
            for tell in asking { tell(numbers) }
            next = following
        }
    }
}
