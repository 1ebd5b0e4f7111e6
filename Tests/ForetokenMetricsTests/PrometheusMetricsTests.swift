import CoreMetrics
import ForetokenMetrics
import TestSupport
import Testing

@Suite(.oneAtATime) struct PrometheusMetricsTests {
    @Test func everyKindIsWrittenAsPrometheusReadsIt() {
        let metrics = PrometheusMetrics([
            MetricDescription(name: "texts_total", help: "Texts."),
            MetricDescription(name: "wait_seconds", help: "Waits.", buckets: [0.5, 2]),
        ])
        Counter(label: "texts_total", factory: metrics).increment(by: 3)
        FloatingPointCounter(label: "work_seconds_total", factory: metrics).increment(by: 0.25)
        Meter(label: "slots", dimensions: [("target", "a")], factory: metrics).set(2.5)
        Gauge(label: "level", factory: metrics).record(-4)
        let timer = Timer(label: "wait_seconds", dimensions: [("way", "up")], factory: metrics)
        for milliseconds in [250, 500, 750, 4000] { timer.recordMilliseconds(milliseconds) }
        #expect(
            metrics.text == """
                # HELP level Not described.
                # TYPE level gauge
                level -4
                # HELP slots Not described.
                # TYPE slots gauge
                slots{target="a"} 2.5
                # HELP texts_total Texts.
                # TYPE texts_total counter
                texts_total 3
                # HELP wait_seconds Waits.
                # TYPE wait_seconds histogram
                wait_seconds_bucket{way="up",le="0.5"} 2
                wait_seconds_bucket{way="up",le="2"} 3
                wait_seconds_bucket{way="up",le="+Inf"} 4
                wait_seconds_sum{way="up"} 5.5
                wait_seconds_count{way="up"} 4
                # HELP work_seconds_total Not described.
                # TYPE work_seconds_total counter
                work_seconds_total 0.25

                """)
    }

    @Test func whatPrometheusDoesNotAllowIsReplacedOrEscaped() {
        let metrics = PrometheusMetrics([MetricDescription(name: "odd_name", help: "a\\b\n\"c\"")])
        Meter(label: "odd-name", dimensions: [("1st.way", "a\\b\n\"c\""), ("ü", "é")], factory: metrics).set(Int64(1))
        #expect(
            metrics.text == """
                # HELP odd_name a\\\\b\\n"c"
                # TYPE odd_name gauge
                odd_name{_="é",_1st_way="a\\\\b\\n\\"c\\""} 1

                """)
    }

    @Test func labelsInAnyOrderAreOneSeries() {
        let metrics = PrometheusMetrics()
        Counter(label: "n", dimensions: [("a", "1"), ("b", "2")], factory: metrics).increment()
        Counter(label: "n_total", dimensions: [("b", "2"), ("a", "1")], factory: metrics).increment()
        // The last of labels with one name counts.
        Counter(label: "n", dimensions: [("b", "3"), ("a", "1"), ("b", "2")], factory: metrics).increment()
        #expect(metrics.text.split(separator: "\n").last == "n_total{a=\"1\",b=\"2\"} 3")
        #expect(metrics.text.split(separator: "\n").count == 3)
    }

    @Test func aNameHasOneKindAndSoManySeries() {
        let metrics = PrometheusMetrics(mostSeries: 2)
        Meter(label: "m", factory: metrics).set(Int64(7))
        Recorder(label: "m", factory: metrics).record(9)
        for value in 0..<5 { Counter(label: "c", dimensions: [("v", "\(value)")], factory: metrics).increment() }
        let lines = metrics.text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(lines == ["c_total{v=\"0\"} 1", "c_total{v=\"1\"} 1", "m 7"])
    }

    @Test func whatIsDestroyedIsNotWritten() {
        let metrics = PrometheusMetrics()
        let meter = Meter(label: "m", dimensions: [("a", "1")], factory: metrics)
        Meter(label: "m", dimensions: [("a", "2")], factory: metrics).set(Int64(2))
        meter.destroy()
        #expect(metrics.text.hasSuffix("gauge\nm{a=\"2\"} 2\n"))
        let again = Meter(label: "m", dimensions: [("a", "1")], factory: metrics)
        // The former one is nobody's any more.
        meter.destroy()
        again.set(Int64(3))
        #expect(metrics.text.hasSuffix("m{a=\"2\"} 2\nm{a=\"1\"} 3\n"))
    }

    @Test func valuesThatAreNoneAreWrittenOrLeftOut() {
        let metrics = PrometheusMetrics()
        for (name, value) in [("a", Double.nan), ("b", .infinity), ("c", -.infinity), ("d", 1e-9), ("e", 1e300)] {
            Meter(label: name, factory: metrics).set(value)
        }
        let counter = FloatingPointCounter(label: "f", factory: metrics)
        for amount in [Double.nan, .infinity, -1, 0.5] { counter.increment(by: amount) }
        Recorder(label: "g", dimensions: [("le", "x")], factory: metrics).record(Double.nan)
        let values = metrics.text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(values.prefix(6) == ["a NaN", "b +Inf", "c -Inf", "d 1e-09", "e 1e+300", "f_total 0.5"])
        #expect(values.last == "g_count{exported_le=\"x\"} 0")
    }

    @Test func manyThreadsLoseNothing() async {
        let metrics = PrometheusMetrics()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1000 {
                        Counter(label: "n", factory: metrics).increment()
                        Timer(label: "t", factory: metrics).recordNanoseconds(1)
                    }
                }
            }
        }
        #expect(metrics.text.contains("\nn_total 8000\n"))
        #expect(metrics.text.contains("\nt_seconds_count 8000\n"))
    }
}
