internal import ForetokenEngine

/// Noise in place of weights: of the same scale, and a function of the seed alone.
struct RowNoise: Equatable, Sendable {
    var seed: UInt64

    /// As many numbers of the same root mean square, uniform around 0.
    ///
    /// - Parameter index: of the row; other rows get other noise.
    func row(like row: [Float], _ index: Int, of tensor: Int) -> [Float] {
        let squares = row.reduce(into: Float(0)) { $0 += $1 * $1 }
        let bound = (3 * squares / Float(max(1, row.count))).squareRoot()
        let base = scrambled(scrambled(scrambled(self.seed) ^ UInt64(tensor)) ^ UInt64(index))
        return row.indices.map { bound * Float(2 * unit(scrambled(base ^ UInt64($0))) - 1) }
    }
}
