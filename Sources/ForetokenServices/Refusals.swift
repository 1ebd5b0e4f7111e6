internal import ForetokenLinks
internal import Logging

/// What a service has refused, at its door and behind it. Told once a second, so that nobody can fill a log.
struct Refusals: Sendable {
    enum Reason: String, CaseIterable {
        /// A handshake with a key that is not listed.
        case key
        /// A handshake without a key, or for somebody else.
        case handshake
        /// A greeting that the key does not allow, or that the service does not take.
        case hello
        /// A message that the sender's role may not send.
        case message
        /// A message from a peer whose key is not listed any more.
        case revoked
        /// A draft's message for a sequence that it was not given.
        case sequence
    }

    struct News: Equatable {
        var reason: Reason
        var count: Int
        /// Who and what was refused last.
        var latest: String
    }

    /// Since the start.
    private(set) var total = 0
    private var untold: [Reason: News] = [:]

    mutating func count(_ reason: Reason, times: Int = 1, _ latest: @autoclosure () -> String) {
        self.total += times
        let former = self.untold[reason]?.count ?? 0
        self.untold[reason] = News(reason: reason, count: former + times, latest: latest())
    }

    /// What was refused since this was last asked.
    mutating func takeNews() -> [News] {
        guard !self.untold.isEmpty else { return [] }
        defer { self.untold = [:] }
        return Reason.allCases.compactMap { self.untold[$0] }
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
