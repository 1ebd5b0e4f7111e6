/// How far away, and how slow, a draft may be before it is not worth the trouble.
extension ExpectedGain {
    /// The longest round trip at which the draft still pays; `nil` where it pays at none. Who is away has cores of its own.
    public var breakEvenRoundTrip: Seconds? {
        var away = self
        away.isOverlapped = true
        return away.breakEven(\.roundTrip)
    }

    /// The longest time of a draft token with which the draft still pays; `nil` where it pays with none.
    public var breakEvenDraftToken: Seconds? { self.breakEven(\.draftToken) }

    /// Shortest and longest time that is tried.
    private static let times: ClosedRange<Seconds> = 1e-6...100

    /// - Parameter time: with which the ratio falls.
    private func breakEven(_ time: WritableKeyPath<Self, Seconds>) -> Seconds? {
        func pays(_ seconds: Seconds) -> Bool {
            var other = self
            other[keyPath: time] = seconds
            return other.ratio >= Self.leastRatio
        }
        var (low, high) = (Self.times.lowerBound, Self.times.upperBound)
        guard pays(low) else { return nil }
        if pays(high) { return high }
        // By their ratio: from a microsecond to a hundred seconds in 40 halvings to one in a billion.
        for _ in 0..<40 {
            let middle = (low * high).squareRoot()
            if pays(middle) { low = middle } else { high = middle }
        }
        return low
    }
}
