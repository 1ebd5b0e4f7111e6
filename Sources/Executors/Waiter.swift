/// How the thread of a loop sleeps, and is woken.
package protocol Waiter: AnyObject, Sendable {
    /// Sleeps until `wake()` was called since the last sleep, something of the waiter's own has come, or `instant`
    /// of the monotonic clock is past; `nil`: for ever. May return early. On the loop's thread only.
    func wait(until instant: Double?)

    /// Looks, without sleeping, whether something of the waiter's own has come. On the loop's thread only.
    func poll() -> Bool

    /// Carries out what the last `wait` or `poll` found. On the loop's thread only.
    func dispatch()

    /// Lets go of everything that is tied to the thread; nothing but `wake()` is called after it.
    func finish()

    /// Ends the current or the next sleep. From any thread.
    func wake()
}
