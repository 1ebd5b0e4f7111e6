import Synchronization

/// How far a long job is, and how much time is left: a bar on a terminal, otherwise a line now and then.
final class Progress: Sendable {
    private struct State {
        var done = 0
        var nearTies = 0
        var bugs = 0
        var shownAt: ContinuousClock.Instant
        var isShown = false
    }

    private let total: Int
    private let noun: String
    private let countsFindings: Bool
    private let begunAt: ContinuousClock.Instant
    private let isTerminal = Console.errorIsTerminal
    private let state: Mutex<State>

    /// - Parameters:
    ///   - noun: of what is counted, as "texts".
    ///   - countsFindings: whether near-ties and bugs are shown.
    init(total: Int, of noun: String, countsFindings: Bool = false) {
        self.total = total
        self.noun = noun
        self.countsFindings = countsFindings
        self.begunAt = .now
        self.state = Mutex(State(shownAt: .now))
    }

    func advance() {
        self.state.withLock {
            $0.done += 1
            self.show(&$0)
        }
    }

    func found(isBug: Bool) {
        self.state.withLock {
            if isBug { $0.bugs += 1 } else { $0.nearTies += 1 }
        }
    }

    /// Takes the bar away while `body` prints.
    func interrupt(_ body: () -> Void) {
        self.state.withLock {
            self.clear(&$0)
            body()
        }
    }

    func end() {
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
        let findings =
            self.countsFindings ? "\(count(state.nearTies, "near-tie")), \(count(state.bugs, "bug")), " : ""
        let line = "\(state.done)/\(self.total) \(self.noun), \(findings)\(self.timeLeft(state.done, now)) left"
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
