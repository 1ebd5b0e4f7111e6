import Synchronization

/// How far a long job is, and how much time is left: a bar on a terminal, otherwise a line now and then.
package final class ProgressBar: Sendable {
    private struct State {
        var done = 0
        var note = ""
        var shownAt: ContinuousClock.Instant
        var isShown = false
    }

    private let total: Int
    /// What is counted, in the plural.
    private let unit: String
    private let begunAt: ContinuousClock.Instant
    private let isTerminal = Console.errorIsTerminal
    private let state: Mutex<State>

    package init(total: Int, of unit: String) {
        self.total = total
        self.unit = unit
        self.begunAt = .now
        self.state = Mutex(State(shownAt: .now))
    }

    package func advance(by count: Int = 1) {
        self.state.withLock {
            $0.done += count
            self.show(&$0)
        }
    }

    /// What else to tell from now on.
    package func note(_ text: String) {
        self.state.withLock { $0.note = text }
    }

    /// Takes the bar away while `body` prints.
    package func interrupt(_ body: () -> Void) {
        self.state.withLock {
            self.clear(&$0)
            body()
        }
    }

    package func end() {
        self.state.withLock { self.clear(&$0) }
    }

    private func clear(_ state: inout State) {
        if state.isShown && self.isTerminal { Console.writeError("\r\u{1b}[K") }
        state.isShown = false
    }

    private func show(_ state: inout State) {
        let now = ContinuousClock.now
        guard now - state.shownAt >= (self.isTerminal ? .milliseconds(100) : .seconds(5)) else { return }
        state.shownAt = now
        state.isShown = true
        let line =
            "\(state.done)/\(self.total) \(self.unit), \(state.note.isEmpty ? "" : state.note + ", ")"
            + "\(self.timeLeft(state.done, now)) left"
        guard self.isTerminal else { return Console.writeError(line + "\n") }
        let filled = 30 * state.done / max(1, self.total)
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 30 - filled)
        Console.writeError("\r[\(bar)] \(line)\u{1b}[K")
    }

    private func timeLeft(_ done: Int, _ now: ContinuousClock.Instant) -> String {
        let perText = (now - self.begunAt) / max(1, done)
        let seconds = Int((perText * (self.total - done)).components.seconds)
        return seconds < 100 ? "\(seconds) s" : "\((seconds + 30) / 60) min"
    }
}
