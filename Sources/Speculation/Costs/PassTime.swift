/// Time of a target's pass over its number of rows, learned from passes.
///
/// A line from knot to knot, at 1, 2, 4, … 512 rows: a pass of one row is a case of its own on CPUs, and hardware with
/// wide units computes the first rows at no further cost. Passes between two knots fade when newer ones come between the same
/// knots only, and one that was held up counts as half again as long as usual at most. Where nothing was measured the
/// neighbours' slope goes on, and while all passes had the same number of rows, one more row is taken to cost a seventh of
/// a pass of one.
public struct PassTime: Equatable, Sendable {
    static let knots = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]

    /// Sums over the passes between two knots; `x` is the place between them, from 0 to 1.
    private struct Segment: Equatable {
        var (weight, x, xx, y, xy) = (0.0, 0.0, 0.0, 0.0, 0.0)
    }

    /// Time of a pass, by its rows.
    public struct Point: Equatable, Sendable {
        public var rows: Int
        public var seconds: Seconds

        public init(rows: Int, seconds: Seconds) {
            self.rows = rows
            self.seconds = seconds
        }
    }

    /// Times at the knots, by another's measurements; 0 where nothing is known.
    private var expected = [Seconds](repeating: 0, count: Self.knots.count)
    private var segments = [Segment](repeating: Segment(), count: Self.knots.count - 1)
    /// Passes since the last one of one row.
    private var sinceOne = Self.most
    /// Times at the knots, never falling.
    private var times = [Seconds](repeating: 0, count: Self.knots.count)

    /// Weight of a pass one pass of the same segment later.
    private static let memory = 0.99
    /// Most that a pass counts for, over what is known, once some passes are.
    private static let longest = 1.5
    private static let fewest = 8.0
    /// Passes after which the time of one row is to be measured again.
    private static let most = 256

    public init() {}

    public var isKnown: Bool { self.times[0] > 0 }

    /// Whether a pass of one row was measured recently: the step from one row to two cannot be told otherwise.
    public var isOneKnown: Bool { self.sinceOne < Self.most }

    public mutating func learn(rows: Int, seconds: Seconds) {
        guard rows > 0, seconds.isFinite, seconds > 0 else { return }
        self.sinceOne = rows == 1 ? 0 : min(self.sinceOne + 1, Self.most)
        let rows = min(rows, Self.knots.last!)
        let (index, x) = Self.place(Double(rows))
        var segment = self.segments[index]
        let known = self.seconds(rows: rows)
        let seconds = segment.weight >= Self.fewest && known > 0 ? min(seconds, Self.longest * known) : seconds
        segment.weight = segment.weight * Self.memory + 1
        segment.x = segment.x * Self.memory + x
        segment.xx = segment.xx * Self.memory + x * x
        segment.y = segment.y * Self.memory + seconds
        segment.xy = segment.xy * Self.memory + x * seconds
        self.segments[index] = segment
        self.fit()
    }

    /// Learns what another measured; it holds where nothing is measured here, and counts like one pass elsewhere.
    public mutating func expect(_ points: [Point]) {
        guard !points.isEmpty else { return }
        for (index, rows) in Self.knots.enumerated() {
            guard let point = points.first(where: { $0.rows == rows }) else { continue }
            if point.seconds.isFinite, point.seconds > 0 { self.expected[index] = point.seconds }
        }
        self.fit()
    }

    /// Times at the knots, as far as passes were measured.
    public var points: [Point] {
        guard let last = self.segments.lastIndex(where: { $0.weight > 0 }) else { return [] }
        // Nothing between the last two knots, but a pass of as many rows as the first of them.
        let end = self.segments[last].x > 0 ? last + 1 : last
        return (0...end).map { Point(rows: Self.knots[$0], seconds: self.times[$0]) }
    }

    /// Time of a pass; 0 before anything was learned.
    public func seconds(rows: Int) -> Seconds { self.seconds(rows: Double(rows)) }

    /// Time of passes that have so many rows on average.
    func seconds(rows: Double) -> Seconds {
        let (index, x) = Self.place(max(1, rows))
        return self.times[index] + x * (self.times[index + 1] - self.times[index])
    }

    /// Time that one more row adds to a pass.
    public func marginal(at rows: Int) -> Seconds {
        self.seconds(rows: rows + 1) - self.seconds(rows: rows)
    }

    /// The segment of a number of rows, and the place in it; beyond 1 behind the last knot.
    private static func place(_ rows: Double) -> (index: Int, x: Double) {
        var index = 0
        while index + 2 < self.knots.count, rows >= Double(self.knots[index + 1]) { index += 1 }
        let (low, high) = (self.knots[index], self.knots[index + 1])
        return (index, (rows - Double(low)) / Double(high - low))
    }

    // MARK: The fit

    /// Least squares at the knots: what was measured, and very lightly what is usual.
    private mutating func fit() {
        let count = Self.knots.count
        var matrix = [Double](repeating: 0, count: count * count)
        var right = [Double](repeating: 0, count: count)
        for (index, segment) in self.segments.enumerated() where segment.weight > 0 {
            let diagonal = index * count + index
            matrix[diagonal] += segment.weight - 2 * segment.x + segment.xx
            matrix[diagonal + 1] += segment.x - segment.xx
            matrix[diagonal + count] += segment.x - segment.xx
            matrix[diagonal + count + 1] += segment.xx
            right[index] += segment.y - segment.xy
            right[index + 1] += segment.xy
        }
        for (index, seconds) in self.expected.enumerated() where seconds > 0 {
            matrix[index * count + index] += 1
            right[index] += seconds
        }
        for (weight, form) in Self.habits {
            for (row, left) in form {
                for (column, other) in form { matrix[row * count + column] += weight * left * other }
            }
        }
        guard let times = positiveDefiniteSolution(of: matrix, right, leastPivot: 1e-15) else { return }
        var least = max(0, times[0])
        for index in 0..<count {
            least = max(least, times[index])
            self.times[index] = least
        }
    }

    /// Linear forms of the times that are usually 0, with their weights.
    private static let habits: [(Double, [(Int, Double)])] = {
        var habits: [(Double, [(Int, Double)])] = []
        for index in 1..<Self.knots.count - 1 {
            let ratio =
                Double(Self.knots[index + 1] - Self.knots[index])
                / Double(Self.knots[index] - Self.knots[index - 1])
            // The same slope; over the step from one row to two, hardly.
            habits.append(
                (index == 1 ? 1e-6 : 1e-3, [(index + 1, 1), (index, -1 - ratio), (index - 1, ratio)]))
        }
        habits.append((1e-6, [(1, 1), (0, -8.0 / 7)]))
        habits.append((1e-6, [(2, 1), (1, -1), (0, -2.0 / 7)]))
        return habits
    }()
}
