/// How a model rounds on its machine and with its library, as far as that was measured when it was loaded.
public struct Rounding: Equatable, Sendable {
    /// Widths of passes, in rows: those in one range agree with each other to the last bit. Rising; not all widths are
    /// tried, and of a slow model few.
    public var kinds: [ClosedRange<Int>]
    /// How far passes of different kinds were seen to lie apart: the most by which the difference between two of a row's
    /// best logits changed. 0 where none did; `nil` where it was not measured.
    public var distance: Float?
    /// Whether slots that share a call leave each other's results alone.
    public var sharesCalls: Bool
    /// What the target keeps to; `nil` where texts may differ by rounding.
    public var exact: ExactPasses?
    /// Time that exactness costs beyond that of free passes, as a share of it; 0 where it costs nothing.
    public var price: Double

    public init(
        kinds: [ClosedRange<Int>] = [], distance: Float? = nil, sharesCalls: Bool = true, exact: ExactPasses? = nil,
        price: Double = 0
    ) {
        self.kinds = kinds
        self.distance = distance
        self.sharesCalls = sharesCalls
        self.exact = exact
        self.price = price
    }

    /// What two runs may differ by before rounding no longer explains it, in logits: rows that were not tried lie further
    /// apart than the furthest of those that were, by up to twice in long texts.
    public var tolerance: Float? {
        self.exact != nil ? 0 : self.distance.map { $0 * 3 }
    }

    /// Chooses the kind of passes that costs least, for a plain token and for a block of `usualRows - 1` draft tokens.
    ///
    /// - Parameters:
    ///   - slots: texts that are served at once.
    ///   - seconds: of a pass of so many rows.
    /// - Returns: the passes to keep to, and their price; `nil` where no kind has room for a draft token.
    public func cheapestExact(slots: Int, seconds: (Int) -> Double) -> (passes: ExactPasses, price: Double)? {
        func cost(_ passes: ExactPasses) -> Double {
            [1, Self.usualRows].reduce(0) { sum, rows in
                let parts = (rows + passes.most - 1) / passes.most
                let wide = max(passes.least, (rows + parts - 1) / parts)
                let shared = passes.sharesCalls ? max(1, min(slots, passes.most / wide)) : 1
                let calls = parts * ((slots + shared - 1) / shared)
                return sum + Double(calls) * seconds(wide * min(shared, slots))
            }
        }
        let kinds = self.kinds.filter { $0.upperBound > 1 }.map {
            ExactPasses(least: $0.lowerBound, most: $0.upperBound, sharesCalls: self.sharesCalls)
        }
        guard let best = kinds.min(by: { cost($0) < cost($1) }) else { return nil }
        let free = cost(ExactPasses(least: 1, most: 1 << 20))
        return (best, free > 0 ? max(0, cost(best) / free - 1) : 0)
    }

    /// Rows of a pass that checks a usual block.
    private static let usualRows = 5
}
