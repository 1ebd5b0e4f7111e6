import ForetokenMetrics

/// Values of metrics by their series as they are written, such as `foretoken_failovers_total{role="draft"}`.
struct Scrape {
    private var values: [Substring: Double] = [:]

    init(_ text: String) {
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let space = line.lastIndex(of: " ") else { continue }
            self.values[line[..<space]] = Double(line[line.index(after: space)...])
        }
    }

    subscript(series: String) -> Double? { self.values["foretoken_" + series[...]] }
}

extension Cluster {
    nonisolated var scrape: Scrape { Scrape(self.metrics.text) }
}
