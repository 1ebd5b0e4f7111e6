/// Whether a model's passes are to agree to the last bit.
public enum Exactness: Equatable, Sendable {
    /// Nobody asks; nothing is measured.
    case notMeasured
    /// They need not. What can be measured within `seconds` is told.
    case measured(seconds: Double)
    /// They do where that costs at most this share of the time, and it can be found out within `seconds`.
    case whereCheap(price: Double = 0.03, seconds: Double)
    /// They do, or else the model is not loaded.
    case required
}
