internal import CoreMetrics

/// The gauges that stand for the present: one that is not shown again vanishes, such as those of a lost draft.
struct GaugeSheet {
    private struct Key: Hashable {
        var metric: Metric
        var labels: [Reading.Label]
    }

    private let factory: any MetricsFactory
    private var meters: [Key: Meter] = [:]

    init(_ factory: any MetricsFactory) {
        self.factory = factory
    }

    /// Shows these, and nothing else.
    mutating func show(_ readings: [Reading]) {
        var gone = self.meters
        for reading in readings {
            let key = Key(metric: reading.metric, labels: reading.labels)
            let meter = self.meters[key] ?? self.make(key)
            meter.set(reading.value)
            gone[key] = nil
        }
        for (key, meter) in gone {
            meter.destroy()
            self.meters[key] = nil
        }
    }

    private mutating func make(_ key: Key) -> Meter {
        let meter = Meter(
            label: key.metric.rawValue, dimensions: key.labels.map { ($0.name, $0.value) }, factory: self.factory)
        self.meters[key] = meter
        return meter
    }
}
