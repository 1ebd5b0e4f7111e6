internal import ForetokenWire
internal import OrderedCollections

/// What members have told of their refusals since they started, each start of a process by itself.
struct RefusalLedger: Sendable {
    /// A name alone proves nothing where there are keys.
    private struct Process: Hashable {
        var name: String
        var key: String
    }

    /// Those that told last are last.
    private var told: OrderedDictionary<Process, [RefusalReason: Int]> = [:]

    /// Processes that are remembered at most.
    static let mostProcesses = 512

    /// - Parameters:
    ///   - refusals: of a process, since its start.
    ///   - name: of the process.
    ///   - key: that it has shown.
    /// - Returns: how many of them are news. None is negative, whatever the process tells.
    mutating func take(
        _ refusals: [RefusalReason: Int], of name: String, key: String
    ) -> [(reason: RefusalReason, times: Int)] {
        let process = Process(name: name, key: key)
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
