/// How a model rounds on its machine and with its library, as far as that was measured when it was loaded.
public struct Rounding: Equatable, Sendable {
    /// Widths of passes, in rows: those in one range agree with each other to the last bit. Rising; not all widths are
    /// tried, and of a slow model few.
    public var kinds: [ClosedRange<Int>]
    /// How far passes of different kinds were seen to lie apart: the most by which the difference between two of a row's
    /// best logits changed. 0 where none did; `nil` where it was not measured.
    public var distance: Float?
    /// What the target keeps to; `nil` where texts may differ by rounding.
    public var exact: ExactPasses?
    /// Digest of what exact passes came to on a text that is the same everywhere; `nil` where there are none. Two targets
    /// of the same weights write the same texts to the last bit where it is equal, as far as that text tells.
    public var fingerprint: UInt64?
    /// Time that exactness costs beyond that of free passes, as a share of it; 0 where it costs nothing.
    public var price: Double

    public init(
        kinds: [ClosedRange<Int>] = [], distance: Float? = nil, exact: ExactPasses? = nil,
        fingerprint: UInt64? = nil, price: Double = 0
    ) {
        self.kinds = kinds
        self.distance = distance
        self.exact = exact
        self.fingerprint = fingerprint
        self.price = price
    }

    /// What two runs may differ by before rounding no longer explains it, in logits: rows that were not tried lie further
    /// apart than the furthest of those that were, by up to twice in long texts.
    public var tolerance: Float? {
        self.exact != nil ? 0 : self.distance.map { $0 * 3 }
    }

    /// Chooses the kind of passes that costs least, for plain tokens and blocks of `usualRows - 1` draft tokens, with one
    /// text and with all slots in use.
    ///
    /// - Parameters:
    ///   - slots: texts that are served at once.
    ///   - seconds: time of a pass, by its rows.
    /// - Returns: the passes to keep to, and their price; `nil` where no kind has room for a draft token.
    public func cheapestExact(slots: Int, seconds: (Int) -> Double) -> (passes: ExactPasses, price: Double)? {
        let free = ExactPasses(least: 1, most: 1 << 20)
        /// Time as a multiple of that of free passes.
        func cost(_ passes: ExactPasses) -> Double {
            let loads = [1, slots].flatMap { texts in [1, Self.usualRows].map { (texts, $0) } }
            let ratios = loads.map { texts, rows in
                let least = free.seconds(texts: texts, rows: rows, seconds)
                return least > 0 ? passes.seconds(texts: texts, rows: rows, seconds) / least : 1
            }
            return ratios.reduce(0, +) / Double(ratios.count)
        }
        let kinds = self.kinds.filter { $0.upperBound > 1 }.map {
            ExactPasses(least: $0.lowerBound, most: $0.upperBound)
        }
        let costs = kinds.map(cost)
        // Times are measured in passing, and a target that is started again is to choose the same: only what is far cheaper
        // is worth rows that are made up.
        guard let least = costs.min(), let index = costs.firstIndex(where: { $0 <= least * Self.farCheaper }) else {
            return nil
        }
        return (kinds[index], max(0, costs[index] - 1))
    }

    /// Rows of a pass that checks a usual block.
    private static let usualRows = 5
    private static let farCheaper = 2.0
}

extension ExactPasses {
    /// Time of a step in which each text brings that many rows.
    fileprivate func seconds(texts: Int, rows: Int, _ seconds: (Int) -> Double) -> Double {
        let pieces = (rows + self.most - 1) / self.most
        let wide = (self.rows(for: rows) + pieces - 1) / pieces
        let sharing = self.sharesCalls && pieces == 1 ? max(1, min(texts, self.most / wide)) : 1
        let calls = pieces * ((texts + sharing - 1) / sharing)
        return Double(calls) * seconds(wide * sharing)
    }
}
