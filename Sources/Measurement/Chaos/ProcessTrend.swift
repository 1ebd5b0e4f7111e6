public import Speculation

/// What a process of the deployment held of the system while it lived through load and faults.
public struct ProcessTrend: Codable, Equatable, Sendable {
    /// One number over time.
    public struct Line: Codable, Equatable, Sendable {
        public var first: Double
        public var last: Double
        public var most: Double
        /// Slope of the line of least squares.
        public var perHour: Double

        public init(first: Double, last: Double, most: Double, perHour: Double) {
            self.first = first
            self.last = last
            self.most = most
            self.perHour = perHour
        }
    }

    public var part: ChaosPart
    /// Time that it was watched, its beginning left out.
    public var seconds: Seconds
    public var residentMiB: Line
    public var files: Line
    public var threads: Line

    /// Share of a process's life that is left out: memory fills and pools start their threads then.
    private static let beginning = 1.0 / 6
    /// Shorter lives are left out: what fills in their first minutes would look like much in an hour.
    public static let least: Seconds = 900

    /// - Parameter uses: in the order of time.
    /// - Returns: `nil` where the process was watched for less than `least`.
    init?(_ part: ChaosPart, _ uses: [(at: Seconds, use: ProcessUse)]) {
        guard let start = uses.first?.at, let end = uses.last?.at, end - start >= Self.least else { return nil }
        let uses = uses.filter { $0.at >= start + (end - start) * Self.beginning }
        func line(_ value: (ProcessUse) -> Double) -> Line? {
            Line(uses.map { ($0.at / 3600, value($0.use)) })
        }
        guard let resident = line({ Double($0.residentBytes) / 1_048_576 }), let files = line({ Double($0.files) }),
            let threads = line({ Double($0.threads) })
        else { return nil }
        self.part = part
        self.seconds = uses.last!.at - uses.first!.at
        self.residentMiB = resident
        self.files = files
        self.threads = threads
    }

    /// The longest life of each part.
    static func longest(in history: ChaosHistory) -> [Self] {
        let trends = history.uses.compactMap { life in Self(life.part, life.uses) }
        return Dictionary(grouping: trends, by: \.part).values.compactMap { $0.max { $0.seconds < $1.seconds } }
            .sorted { ($0.part.role.rawValue, $0.part.number) < ($1.part.role.rawValue, $1.part.number) }
    }
}

extension ProcessTrend.Line {
    /// - Returns: `nil` where all points are of one instant.
    fileprivate init?(_ points: [(hours: Double, value: Double)]) {
        guard let first = points.first, let last = points.last else { return nil }
        let count = Double(points.count)
        let hours = points.reduce(0) { $0 + $1.hours } / count
        let mean = points.reduce(0) { $0 + $1.value } / count
        let spread = points.reduce(0) { $0 + ($1.hours - hours) * ($1.hours - hours) }
        guard spread > 0 else { return nil }
        self.first = first.value
        self.last = last.value
        self.most = points.map(\.value).max()!
        self.perHour = points.reduce(0) { $0 + ($1.hours - hours) * ($1.value - mean) } / spread
    }
}
