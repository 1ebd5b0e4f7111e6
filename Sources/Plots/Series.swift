/// A line: points in order, each maybe with an interval.
public struct Series: Sendable, Equatable {
    public struct Point: Sendable, Equatable {
        public var x: Double
        public var y: Double
        public var low: Double?
        public var high: Double?

        public init(x: Double, y: Double, low: Double? = nil, high: Double? = nil) {
            self.x = x
            self.y = y
            self.low = low
            self.high = high
        }
    }

    public var name: String
    public var points: [Point]
    /// Whether the line stands out: thick and of a strong colour.
    public var isEmphasized: Bool

    public init(_ name: String, _ points: [Point], isEmphasized: Bool = false) {
        self.name = name
        self.points = points
        self.isEmphasized = isEmphasized
    }

    var heights: [Double] { self.points.flatMap { [$0.y, $0.low ?? $0.y, $0.high ?? $0.y] } }
}
