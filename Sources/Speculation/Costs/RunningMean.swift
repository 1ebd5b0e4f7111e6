/// A mean that follows change: each sample counts as one of a number of recent ones.
struct RunningMean: Equatable, Sendable {
    private(set) var value: Double
    /// Samples that the mean stands on, with those that its first value stands for.
    private(set) var count: Double
    private let most: Double

    /// - Parameters:
    ///   - first: the value before any sample.
    ///   - count: samples that the first value stands for.
    ///   - most: most samples that count.
    init(_ first: Double = 0, count: Double = 0, most: Double) {
        self.value = first
        self.count = count
        self.most = most
    }

    mutating func learn(_ sample: Double) {
        self.count = min(self.count + 1, self.most)
        self.value += (sample - self.value) / self.count
    }
}
