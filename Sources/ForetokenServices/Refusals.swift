internal import ForetokenWire
internal import Logging

/// What a service has refused, at its door and behind it. Told once a second, so that nobody can fill a log.
struct Refusals: Sendable {
    struct News: Equatable {
        var reason: RefusalReason
        var count: Int
        /// Who and what was refused last.
        var latest: String
    }

    /// Since the start; a reason is not there before the first time.
    private(set) var totals: [RefusalReason: Int] = [:]
    private var untold: [RefusalReason: News] = [:]

    mutating func count(_ reason: RefusalReason, times: Int = 1, _ latest: @autoclosure () -> String) {
        if times > 0 { self.totals[reason, default: 0] += times }
        let former = self.untold[reason]?.count ?? 0
        self.untold[reason] = News(reason: reason, count: former + times, latest: latest())
    }

    /// What was refused since this was last asked.
    mutating func takeNews() -> [News] {
        guard !self.untold.isEmpty else { return [] }
        defer { self.untold = [:] }
        return RefusalReason.allCases.compactMap { self.untold[$0] }
    }
}

extension Logger {
    func log(_ news: [Refusals.News]) {
        for one in news {
            self.warning(
                "Refused", [.reason: one.reason.rawValue, .count: "\(one.count)", .peer: one.latest])
        }
    }
}
