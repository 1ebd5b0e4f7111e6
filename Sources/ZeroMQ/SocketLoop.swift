public import Executors

/// A loop whose thread sleeps in one `zmq_poll` over its sockets: what a socket receives is handled on the thread that
/// woke up for it, with no hop.
public final class SocketLoop: Loop {
    private let core: LoopCore
    private let poller: Poller

    /// Starts the thread.
    ///
    /// - Parameter name: what debuggers show; Linux keeps 15 bytes.
    public init(name: String) {
        self.poller = Poller()
        self.core = LoopCore(name: name, waiter: self.poller)
        self.core.start(executor: self.asUnownedSerialExecutor())
    }

    deinit {
        self.core.requestStop()
    }

    public var now: Double { monotonicSeconds() }

    public func execute(_ body: @escaping @Sendable () -> Void) {
        self.core.execute(body)
    }

    @discardableResult
    public func schedule(at instant: Double, _ body: @escaping @Sendable () -> Void) -> LoopTimer {
        self.core.schedule(at: instant, body)
    }

    public func cancel(_ timer: LoopTimer) {
        self.core.cancel(timer)
    }

    /// As `Loop` says; sockets that are still watched are watched no more, and what watched them is let go of.
    public func stop() {
        self.core.stop()
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        self.core.enqueue(job)
    }

    public func checkIsolated() {
        self.core.checkIsolated()
    }

    public func isIsolatingCurrentContext() -> Bool? {
        self.core.isCurrent
    }
}

// MARK: - Sockets, on the loop only

extension SocketLoop {
    /// A socket that the loop looks after.
    public struct Watch: Hashable, Sendable {
        let number: Int
    }

    public enum Interest: Sendable {
        case readable
        /// Also call when the socket takes messages again.
        case readableAndWritable
    }

    /// Calls `body` on the loop whenever `socket` may have something to receive, or to tell, until `unwatch`.
    ///
    /// A call that leaves messages behind is followed by another, after the other sockets and the queue had their
    /// turn. The socket must be unwatched before it is closed; the loop keeps `body` until then.
    public func watch(
        _ socket: borrowing Socket, for interest: Interest = .readable, _ body: @escaping () -> Void
    ) -> Watch {
        self.checkIsolated()
        return Watch(number: self.poller.add(socket.handle, monitor: socket.monitorHandle, interest, body))
    }

    public func change(_ watch: Watch, to interest: Interest) {
        self.checkIsolated()
        self.poller.change(watch.number, to: interest)
    }

    public func unwatch(_ watch: Watch) {
        self.checkIsolated()
        self.poller.remove(watch.number)
    }
}
