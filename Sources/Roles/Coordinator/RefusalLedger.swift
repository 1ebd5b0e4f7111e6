internal import ForetokenWire
internal import OrderedCollections

/// What members have told of their refusals since they started, each start of a process by itself.
struct RefusalLedger: Sendable {
    /// By the name of the process; those that told last are last.
    private var told: OrderedDictionary<String, [RefusalReason: Int]> = [:]

    /// Processes that are remembered at most.
    static let mostProcesses = 512

    /// - Parameter refusals: of a process, since its start.
    /// - Returns: how many of them are news. None is negative, whatever the process tells.
    mutating func take(
        _ refusals: [RefusalReason: Int], of process: String
    ) -> [(reason: RefusalReason, times: Int)] {
        var known = self.told.removeValue(forKey: process) ?? [:]
        var news: [(RefusalReason, Int)] = []
        for reason in RefusalReason.allCases {
            let (former, count) = (known[reason] ?? 0, refusals[reason] ?? 0)
            guard count > former else { continue }
            known[reason] = count
            news.append((reason, count - former))
        }
        self.told[process] = known
        if self.told.count > Self.mostProcesses { self.told.removeFirst() }
        return news
    }
}
