public import CoreMetrics
internal import OrderedCollections
internal import Synchronization

/// Keeps the values of metrics, and writes them as Prometheus reads them: text format 0.0.4.
///
/// A backend of swift-metrics. Counters are counters, meters and gauges are gauges, timers (in seconds) and recorders
/// are histograms. All that asks for the same name and labels shares one value. A name that is two kinds at once, and
/// labels beyond the bounds on their number, are not kept: memory is bounded whatever anyone labels.
public final class PrometheusMetrics: MetricsFactory {
    /// What HTTP calls the form of `text`.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Names at most.
    public static let mostNames = 1024

    /// Sets of labels of one name at most.
    public let mostSeries: Int
    private let descriptions: [String: MetricDescription]
    private let families = Mutex<[String: Family]>([:])
    private let latestBytes = Atomic(0)

    private struct Family {
        let kind: Kind
        /// What it begins with in a text.
        var head = ""
        /// The series, by their labels as they are written.
        var series: OrderedDictionary<String, any Series> = [:]
    }

    public init(_ descriptions: [MetricDescription] = [], mostSeries: Int = 1024) {
        self.descriptions = Dictionary(descriptions.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        self.mostSeries = mostSeries
    }

    /// All values of now: names in alphabetical order, sets of labels in the order in which they came.
    public var text: String {
        let families = self.families.withLock { $0 }
        var text = PrometheusText(reserving: self.latestBytes.load(ordering: .relaxed))
        defer { self.latestBytes.store(text.text.utf8.count, ordering: .relaxed) }
        for (_, family) in families.sorted(by: { $0.key < $1.key }) where !family.series.isEmpty {
            text.begin(family.head)
            for series in family.series.values { series.write(to: &text) }
        }
        return text.text
    }

    /// The series of a name and labels, made where there is none; `nil` where it cannot be kept.
    private func series<Kept: Series>(
        _ kind: Kind, _ name: String, _ dimensions: [(String, String)], _ make: (SeriesName) -> Kept
    ) -> Kept? {
        let name = SeriesName(name, dimensions, kind)
        return self.families.withLock { families in
            guard families[name.name] != nil || families.count < Self.mostNames else { return nil }
            guard families[name.name, default: Family(kind: kind)].kind == kind else { return nil }
            if let known = families[name.name]?.series[name.labels] { return known as? Kept }
            guard families[name.name]?.series.count ?? 0 < self.mostSeries else { return nil }
            let made = make(name)
            if families[name.name] == nil {
                let help = self.descriptions[name.name]?.help ?? "Not described."
                families[name.name] = Family(kind: kind, head: PrometheusText.head(of: name.name, kind, help: help))
            }
            families[name.name]!.series[name.labels] = made
            return made
        }
    }

    private func histogram(_ name: String, _ dimensions: [(String, String)]) -> HistogramSeries? {
        self.series(.histogram, name, dimensions) { name in
            let buckets = self.descriptions[name.name]?.buckets ?? []
            return HistogramSeries(name, buckets: buckets.isEmpty ? MetricDescription.usualBuckets : buckets)
        }
    }

    private func remove(_ handler: AnyObject) {
        guard let series = handler as? any Series else { return }
        self.families.withLock { families in
            guard families[series.name.name]?.series[series.name.labels] === series else { return }
            families[series.name.name]?.series.removeValue(forKey: series.name.labels)
        }
    }

    // MARK: What swift-metrics asks for

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        self.series(.counter, label, dimensions, CounterSeries.init) ?? NOOPMetricsHandler.instance
    }

    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        self.series(.counter, label, dimensions, CounterSeries.init) ?? NOOPMetricsHandler.instance
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        self.series(.gauge, label, dimensions, GaugeSeries.init) ?? NOOPMetricsHandler.instance
    }

    public func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        if aggregate { return self.histogram(label, dimensions) ?? NOOPMetricsHandler.instance }
        return self.series(.gauge, label, dimensions, GaugeSeries.init) ?? NOOPMetricsHandler.instance
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let name = label.hasSuffix("_seconds") ? label : label + "_seconds"
        return self.histogram(name, dimensions) ?? NOOPMetricsHandler.instance
    }

    public func destroyCounter(_ handler: any CounterHandler) { self.remove(handler) }
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { self.remove(handler) }
    public func destroyMeter(_ handler: any MeterHandler) { self.remove(handler) }
    public func destroyRecorder(_ handler: any RecorderHandler) { self.remove(handler) }
    public func destroyTimer(_ handler: any TimerHandler) { self.remove(handler) }
}
