import Measurement
import Speculation

/// A server on a virtual clock that serves one request after the other, and at some time stands still.
struct VirtualServer {
    /// Of one request; its tokens come at equal distances.
    var service: Seconds = 0.01
    var tokens = 4
    /// Within which nothing goes on.
    var stall: Range<Seconds> = 0..<0

    /// Lets a driver load the server until all is done.
    ///
    /// - Parameter record: called in the order of ends.
    func run(_ driver: inout LoadDriver, record: (RequestTrace) -> Void) {
        var now: Seconds = 0
        var free: Seconds = 0
        var underWay: [RequestTrace] = []
        while true {
            for order in driver.advance(to: now) {
                let begin = max(free, now)
                free = self.after(self.service, from: begin)
                let arrivals = (1...self.tokens).map { number in
                    let work = self.service * Double(number) / Double(self.tokens)
                    return RequestTrace.Arrival(at: self.after(work, from: begin), weight: 1)
                }
                underWay.append(
                    RequestTrace(
                        order: order, begun: now, arrivals: arrivals, ended: free, ending: .completed,
                        reportedTokens: self.tokens))
            }
            if driver.isDone { return }
            let end = underWay.first?.ended ?? .infinity
            now = max(now, min(end, driver.nextBegin ?? .infinity))
            while let first = underWay.first, first.ended <= now {
                underWay.removeFirst()
                driver.end(of: first.order.client, at: first.ended, failed: false)
                record(first)
            }
        }
    }

    private func after(_ work: Seconds, from begin: Seconds) -> Seconds {
        let begin = self.stall.contains(begin) ? self.stall.upperBound : begin
        let end = begin + work
        return begin < self.stall.lowerBound && end > self.stall.lowerBound
            ? end + (self.stall.upperBound - self.stall.lowerBound) : end
    }
}

extension LoadWindow {
    /// Of the asked arm, at the first prompt.
    static func whole(_ bound: LoadBound, warmUp: Seconds = 0, seed: UInt64 = 1) -> LoadWindow {
        var plan = LoadPlan(bound: bound, warmUp: warmUp, isComparison: false, seed: seed)
        return plan.next(after: nil)!
    }
}
