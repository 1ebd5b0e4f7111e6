import Synchronization

/// Lets requests in as an `Admission` decides, and can be closed: nobody is let in then, and who is in may finish.
final class Gate: Sendable {
    private struct State {
        var admission: Admission
        var keys: APIKeys?
        var isClosed = false
        /// Told when the last text is over.
        var emptied: AsyncStream<Void>.Continuation?
    }

    private let state: Mutex<State>

    /// - Parameter keys: that are let in; `nil` where none is asked for.
    init(_ admission: Admission, keys: APIKeys? = nil) {
        self.state = Mutex(State(admission: admission, keys: keys))
    }

    /// Goes on with other limits; texts beyond them come to their end.
    ///
    /// - Parameter keys: in place of those there are, where there are any.
    func change(keys: APIKeys?, mostTexts: Int, perMinute: Int?) {
        self.state.withLock { state in
            let hasOtherKeys = keys != nil && state.keys != nil && keys != state.keys
            if hasOtherKeys { state.keys = keys }
            state.admission.change(mostTexts: mostTexts, perMinute: perMinute, forgetsClients: hasOtherKeys)
        }
    }

    /// - Returns: the number of a key that is let in; `nil` for any other.
    func number(ofKey key: some StringProtocol) -> Int? {
        self.state.withLock { $0.keys }?.number(of: key)
    }

    var isClosed: Bool { self.state.withLock { $0.isClosed } }

    /// Records that a client makes a request.
    func arrive(_ client: String, now: Double) throws(OpenAIError) {
        try self.change { (state) throws(OpenAIError) in try state.admission.arrive(client, now: now) }
    }

    /// Makes room for `count` texts; `leave` gives it back.
    func enter(_ count: Int) throws(OpenAIError) {
        try self.change { (state) throws(OpenAIError) in try state.admission.enter(count) }
    }

    private func change(_ change: (inout State) throws(OpenAIError) -> Void) throws(OpenAIError) {
        try self.state.withLock { (state) throws(OpenAIError) in
            guard !state.isClosed else {
                var error = OpenAIError.shuttingDown
                error.closes = true
                throw error
            }
            try change(&state)
        }
    }

    func leave(_ count: Int) {
        let emptied = self.state.withLock { state in
            state.admission.leave(count)
            return state.admission.texts == 0 ? state.emptied : nil
        }
        emptied?.finish()
    }

    /// Closes, and waits until all texts are over, but not for longer than `grace`.
    func drain(for grace: Duration) async {
        let (over, emptied) = AsyncStream.makeStream(of: Void.self)
        self.state.withLock { state in
            state.isClosed = true
            state.emptied = emptied
            if state.admission.texts == 0 { emptied.finish() }
        }
        let alarm = Task {
            try? await Task.sleep(for: grace)
            emptied.finish()
        }
        for await _ in over {}
        alarm.cancel()
    }
}
