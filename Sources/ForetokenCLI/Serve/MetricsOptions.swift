import ArgumentParser
import CoreMetrics
import ForetokenGateway
import ForetokenMetrics
import ForetokenServices

/// Figures and health for those who scrape and probe.
struct MetricsOptions: ParsableArguments {
    @Option(
        help: .init(
            """
            Tell /metrics to Prometheus, and /health and /ready to probes, at an address of their own, such as \
            0.0.0.0:9100; port 0 takes a free one. It asks for no key, and counts for no limit. Nothing is encrypted: \
            whoever can connect reads counts and times of all requests, and the addresses of targets and drafts; never a \
            prompt or a text.
            """, valueName: "host:port"))
    var metricsListen: String?

    func validate() throws {
        if let metricsListen, HTTPAddress(metricsListen) == nil {
            throw ValidationError("--metrics-listen \(metricsListen) is not an address; write it as 127.0.0.1:9100")
        }
    }

    /// Begins to count, where anybody reads it: to be called once, before there are services.
    ///
    /// - Parameter isWanted: whether anything else, such as HTTP, reads it too.
    func begin(isWanted: Bool = false) -> PrometheusMetrics? {
        guard isWanted || self.metricsListen != nil else { return nil }
        let metrics = PrometheusMetrics(
            CoordinatorService.metricDescriptions + [
                MetricDescription(name: "foretoken_spans_sent_total", help: "Spans that the receiver has taken."),
                MetricDescription(
                    name: "foretoken_spans_dropped_total",
                    help: "Spans that nobody will see: the receiver was away or too slow, or refused them."),
            ])
        MetricsSystem.bootstrap(metrics)
        return metrics
    }
}
