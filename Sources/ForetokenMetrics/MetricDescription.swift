/// What a metric tells, which swift-metrics has no place for.
public struct MetricDescription: Sendable {
    /// As Prometheus has it, such as `foretoken_prompt_tokens_total`.
    public var name: String
    /// One sentence for people.
    public var help: String
    /// Upper bounds of a histogram's buckets, ascending and finite; none: `usualBuckets`.
    public var buckets: [Double]

    public init(name: String, help: String, buckets: [Double] = []) {
        self.name = name
        self.help = help
        self.buckets = buckets
    }

    /// Buckets for durations in seconds, as Prometheus's own libraries have them.
    public static let usualBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
}
