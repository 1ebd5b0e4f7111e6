internal import CoreMetrics
internal import Synchronization

/// The types that Prometheus knows, as it names them.
enum Kind: String {
    case counter, gauge, histogram
}

/// A value, or a histogram of values, under one name and one set of labels.
protocol Series: AnyObject, Sendable {
    var name: SeriesName { get }
    func write(to text: inout PrometheusText)
}

/// Never falls but to 0.
final class CounterSeries: Series, CounterHandler, FloatingPointCounterHandler {
    let name: SeriesName
    private let value = Mutex(0.0)

    init(_ name: SeriesName) { self.name = name }

    func increment(by amount: Int64) { self.increment(by: Double(amount)) }

    func increment(by amount: Double) {
        guard amount > 0, amount.isFinite else { return }
        self.value.withLock { $0 += amount }
    }

    func reset() { self.value.withLock { $0 = 0 } }

    func write(to text: inout PrometheusText) { text.add(self.name, self.value.withLock { $0 }) }
}

final class GaugeSeries: Series, MeterHandler, RecorderHandler {
    let name: SeriesName
    private let value = Mutex(0.0)

    init(_ name: SeriesName) { self.name = name }

    func set(_ value: Int64) { self.set(Double(value)) }
    func set(_ value: Double) { self.value.withLock { $0 = value } }
    func increment(by amount: Double) { self.value.withLock { $0 += amount } }
    func decrement(by amount: Double) { self.value.withLock { $0 -= amount } }
    func record(_ value: Int64) { self.set(Double(value)) }
    func record(_ value: Double) { self.set(value) }

    func write(to text: inout PrometheusText) { text.add(self.name, self.value.withLock { $0 }) }
}

final class HistogramSeries: Series, RecorderHandler, TimerHandler {
    let name: SeriesName
    /// Upper bounds, ascending.
    private let buckets: [Double]
    /// As labels have them, and one more for all.
    private let bounds: [String]
    private let state: Mutex<State>

    private struct State {
        /// Counts by bucket, each without those before it; the last has no bound.
        var counts: [Int]
        var sum = 0.0
    }

    init(_ name: SeriesName, buckets: [Double]) {
        self.name = name
        self.buckets = buckets
        self.bounds = (buckets + [.infinity]).map(PrometheusText.number)
        self.state = Mutex(State(counts: Array(repeating: 0, count: buckets.count + 1)))
    }

    func record(_ value: Int64) { self.record(Double(value)) }

    func record(_ value: Double) {
        guard value.isFinite else { return }
        let index = self.buckets.firstIndex { value <= $0 } ?? self.buckets.count
        self.state.withLock {
            $0.counts[index] += 1
            $0.sum += value
        }
    }

    func recordNanoseconds(_ duration: Int64) { self.record(Double(duration) * 1e-9) }

    func write(to text: inout PrometheusText) {
        let state = self.state.withLock { $0 }
        var count = 0
        for (bound, more) in zip(self.bounds, state.counts) {
            count += more
            text.add(self.name, suffix: "_bucket", label: ("le", bound), Double(count))
        }
        text.add(self.name, suffix: "_sum", state.sum)
        text.add(self.name, suffix: "_count", Double(count))
    }
}
