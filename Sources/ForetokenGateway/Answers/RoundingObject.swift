import Foretoken

/// Which passes of a target agree to the last bit, as programs are told it.
struct RoundingObject: Encodable, Sendable {
    let exact: Bool
    /// Rows of passes that agree with each other, such as `[[1, 7], [8, 64]]`.
    let kinds: [[Int]]
    /// In logits; `null` where it was not measured.
    let distance: Double?
    let price: Double

    init(_ rounding: Deployment.Rounding) {
        self.exact = rounding.isExact
        self.kinds = rounding.kinds.map { [$0.lowerBound, $0.upperBound] }
        self.distance = rounding.distance.map { Double($0).rounded(digits: 5) }
        self.price = rounding.price.rounded(digits: 4)
    }
}
