/// What a direction of a chart stands for.
public struct Axis: Sendable, Equatable {
    public enum Scale: Sendable, Equatable {
        case linear
        /// These values in this order, equally far from each other; others are left out.
        case ordinal([Double])
    }

    public var name: String
    public var unit: String
    public var scale: Scale
    /// The values from end to end; found from the data where `nil`.
    public var range: ClosedRange<Double>?

    public init(_ name: String, unit: String = "", scale: Scale = .linear, range: ClosedRange<Double>? = nil) {
        self.name = name
        self.unit = unit
        self.scale = scale
        self.range = range
    }

    var caption: String { self.unit.isEmpty ? self.name : "\(self.name) (\(self.unit))" }
}
