/// A serial executor on a thread of its own, with timers.
///
/// An actor whose `unownedExecutor` is a loop runs all its jobs on that thread. A callback that the loop makes may
/// therefore enter the actor with `assumeIsolated`, without a hop.
///
/// What comes after `stop()` is not lost: jobs and calls that are queued later run one at a time on a short-lived
/// thread that counts as the loop, so that no `await` hangs. Timers that are left at `stop()`, or set later, never run.
public protocol Loop: SerialExecutor, Sendable {
    /// Seconds of a monotonic clock.
    var now: Double { get }

    /// Runs `body` on the loop, after what is queued already. From any thread.
    func execute(_ body: @escaping @Sendable () -> Void)

    /// Runs `body` on the loop once `now` is at least `instant`. From any thread.
    @discardableResult
    func schedule(at instant: Double, _ body: @escaping @Sendable () -> Void) -> LoopTimer

    /// Takes back a scheduled call that has not run yet; otherwise does nothing. From any thread; on the loop the
    /// call is certain not to run afterwards.
    func cancel(_ timer: LoopTimer)

    /// Ends the thread once the queued jobs have run, and waits for that. Not from the loop itself; a second call
    /// only waits.
    func stop()
}

/// A scheduled call that can be taken back.
public struct LoopTimer: Hashable, Sendable {
    let number: UInt64
}
