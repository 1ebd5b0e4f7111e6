import CommandSupport
import Measurement
import Speculation
import Synchronization

/// Tells on standard error how far a load test is: a line that renews itself on a terminal, otherwise one now and then.
struct LoadProgress: Sendable {
    private let state: LoadTestState
    private let bound: LoadBound
    private let warmUp: Seconds
    private let arms: Int
    private let isTerminal = Console.errorIsTerminal

    init(_ state: LoadTestState, bound: LoadBound, warmUp: Seconds, arms: Int) {
        self.state = state
        self.bound = bound
        self.warmUp = warmUp
        self.arms = arms
    }

    /// Goes on until its task is cancelled.
    func watch() async {
        // Those of the last five seconds, the latest first.
        var arrivals: [(at: Seconds, count: Int)] = [(self.state.clock.now, 0)]
        while true {
            do { try await Task.sleep(for: self.isTerminal ? .milliseconds(200) : .seconds(5)) } catch { break }
            let now = self.state.clock.now
            arrivals.insert((now, self.state.gauge.arrivals), at: 0)
            arrivals.removeLast(arrivals.drop { $0.at > now - 5 }.dropFirst().count)
            let line = self.line(now, since: arrivals.last!, arrivals[0].count)
            Console.writeError(self.isTerminal ? "\r\(line)\u{1b}[K" : line + "\n")
        }
        if self.isTerminal { Console.writeError("\r\u{1b}[K") }
    }

    private func line(_ now: Seconds, since past: (at: Seconds, count: Int), _ count: Int) -> String {
        let snapshot = self.state.recorder.withLock { $0.snapshot }
        let rate = Double(count - past.count) / max(now - past.at, 0.001) * snapshot.tokensPerArrival
        var parts = [
            "\(snapshot.completed) done", "\(self.state.gauge.inFlight) in flight", "\(rate.text(0)) tokens/s",
        ]
        if let time = snapshot.timeToFirstToken { parts.append("first token p50 \((time * 1000).shortText) ms") }
        parts.append(CommandSupport.count(snapshot.errors, "error"))
        let share = self.share(now, ended: snapshot.completed + snapshot.errors)
        if share > 0 { parts.append("\(Self.text(max(0, now / share - now))) left") }
        let filled = Int(20 * share)
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 20 - filled)
        return (self.isTerminal ? "[\(bar)] " : "") + parts.joined(separator: ", ")
    }

    /// How much of all is done, from 0 to 1.
    private func share(_ now: Seconds, ended: Int) -> Double {
        switch self.bound {
        case .seconds(let seconds): min(1, now / (self.warmUp + seconds))
        case .requests(let count): min(1, Double(ended) / Double(count * self.arms))
        }
    }

    private static func text(_ seconds: Seconds) -> String {
        seconds < 100 ? "\(Int(seconds.rounded())) s" : "\(Int((seconds / 60).rounded())) min"
    }
}
