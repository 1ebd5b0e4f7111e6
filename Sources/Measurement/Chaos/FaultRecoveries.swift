public import Speculation

/// What the pauses of a history were.
public struct FaultRecoveries: Sendable {
    /// Median time between tokens that came apart, where there was no fault.
    public private(set) var ordinaryGap: Seconds = 0
    /// In the order of kinds.
    public private(set) var all: [FaultRecovery] = []

    /// What a fault may still do after its end, while a part starts or a lost connection is noticed.
    private static let aftermath: Seconds = 0.5

    public init(_ history: ChaosHistory) {
        let spans = history.faults.map { fault in
            (begin: fault.begunAt, end: (fault.wholeAt ?? fault.endedAt ?? fault.begunAt) + Self.aftermath)
        }
        let troubled = Spans(spans)
        var calm = history.stories.flatMap { story in
            Self.gaps(of: story).filter { !troubled.touch($0.from, $0.to) }.map { $0.to - $0.from }
        }
        if calm.isEmpty { calm = history.stories.flatMap { Self.gaps(of: $0).map { $1 - $0 } } }
        self.ordinaryGap = median(calm) ?? 0

        var found: [FaultChoice: [FaultPauses]] = [:]
        for (index, fault) in history.faults.enumerated() {
            let end = fault.endedAt ?? fault.begunAt
            // What began under an earlier fault is that one's, and what goes on under a later one is the later one's.
            let earlier =
                history.faults[..<index].compactMap(\.endedAt).filter { $0 <= fault.begunAt }.max() ?? -.infinity
            let later = history.faults[(index + 1)...].first { $0.begunAt >= end }?.begunAt ?? .infinity
            var pauses = FaultPauses(longest: [], first: [])
            for story in history.stories {
                guard story.begunAt < end + Self.aftermath, story.endedAt ?? .infinity > fault.begunAt else { continue }
                let waits = story.waits(until: history.endedAt).filter { wait in
                    guard wait.to > fault.begunAt, wait.from >= earlier else { return false }
                    return wait.from < end || wait.from < end + Self.aftermath && wait.to <= later
                }
                if let longest = waits.map({ $0.to - $0.from }).max() { pauses.longest.append(longest) }
                pauses.first += waits.filter { $0.from <= fault.begunAt }.map { $0.to - $0.from }
            }
            found[fault.fault.choice, default: []].append(pauses)
        }
        self.all = FaultChoice.all.compactMap { choice in
            found[choice].map { FaultRecovery(choice, $0, ordinary: self.ordinaryGap) }
        }
    }

    private static func gaps(of story: ChaosHistory.Story) -> [(from: Seconds, to: Seconds)] {
        zip(story.arrivals, story.arrivals.dropFirst()).map { (from: $0.at, to: $1.at) }
    }
}

/// Spans of time that do not overlap.
private struct Spans {
    private var spans: [(begin: Seconds, end: Seconds)] = []

    /// - Parameter spans: in the order of their begin; they may overlap.
    init(_ spans: [(begin: Seconds, end: Seconds)]) {
        for span in spans {
            if let last = self.spans.last, span.begin <= last.end {
                self.spans[self.spans.count - 1].end = max(last.end, span.end)
            } else {
                self.spans.append(span)
            }
        }
    }

    /// Whether one of them has a part between two instants.
    func touch(_ from: Seconds, _ to: Seconds) -> Bool {
        // The first that ends behind the earlier instant.
        var (low, high) = (0, self.spans.count)
        while low < high {
            let middle = (low + high) / 2
            if self.spans[middle].end <= from { low = middle + 1 } else { high = middle }
        }
        return low < self.spans.count && self.spans[low].begin < to
    }
}
