public import Foundation
public import Speculation

/// What a pass and a draft token cost on some machine.
///
/// As a file, one JSON object: `{"name":"cpu","pass":[[1,8.2],[2,15.5],[4,17.5]],"draftToken":0.2,"overhead":0.15}`,
/// times in milliseconds. `pass` is a curve of rows and time: between its points it is straight, behind the last one its
/// last slope goes on. `overhead` is what a round with a block costs besides drafting, network and pass; 0 if left out.
/// No time is longer than `longest`.
///
/// Where many slots are in use, a row also pays for what the others hold. `"crowd":{"cells":1920,"pass":[[1,9.1],…]}` is
/// the same curve with rows shared out among slots, each of which sees `cells` tokens in the others. What a pass costs
/// beyond the first curve grows in proportion to these; if left out, they cost nothing.
public struct Costs: Equatable, Sendable {
    public var name: String
    /// Rows and time, rows rising; at least one.
    public private(set) var curve: Curve
    public private(set) var crowd: Crowd?
    public var draftToken: Seconds
    public var overhead: Seconds

    public typealias Curve = [(rows: Int, seconds: Seconds)]

    /// Passes while many slots are in use.
    public struct Crowd: Sendable {
        /// Tokens that other slots hold than a row's own.
        public var cells: Int
        public var curve: Curve

        public init(cells: Int, curve: Curve) {
            self.cells = cells
            self.curve = curve
        }
    }

    public static let longest: Seconds = 1e6

    /// - Throws: when a cost is zero, negative, too long or no number, or rows do not rise from 1.
    public init(
        name: String, curve: Curve, crowd: Crowd? = nil, draftToken: Seconds, overhead: Seconds = 0
    ) throws(CostsError) {
        try Self.check(curve)
        if let crowd {
            guard crowd.cells > 0 else { throw CostsError("a crowd holds \(crowd.cells) tokens: give at least 1") }
            try Self.check(crowd.curve)
        }
        guard draftToken > 0, draftToken <= Self.longest else {
            throw CostsError("a draft token takes \(draftToken * 1e3) ms: times are above 0, up to 1e9")
        }
        guard (0...Self.longest).contains(overhead) else {
            throw CostsError("the overhead of a round is \(overhead * 1e3) ms: it is from 0 to 1e9")
        }
        self.name = name
        self.curve = curve
        self.crowd = crowd
        self.draftToken = draftToken
        self.overhead = overhead
    }

    private static func check(_ curve: Curve) throws(CostsError) {
        guard let first = curve.first else { throw CostsError("there is no pass time: give at least one, of one row") }
        guard first.rows == 1 else { throw CostsError("the pass times begin at \(first.rows) rows: begin at 1") }
        for (one, next) in zip(curve, curve.dropFirst()) where next.rows <= one.rows {
            throw CostsError("a pass of \(next.rows) rows stands behind one of \(one.rows): let rows rise")
        }
        for (rows, seconds) in curve where !(seconds > 0 && seconds <= Self.longest) {
            throw CostsError("a pass of \(rows) rows takes \(seconds * 1e3) ms: times are above 0, up to 1e9")
        }
    }

    /// Costs of a target on a GPU, flat to 8 rows, and a draft of a twentieth of its time: for plans without measurements.
    public static let typical = try! Costs(
        name: "typical",
        curve: [(1, 0.020), (8, 0.0204), (9, 0.024), (16, 0.026), (32, 0.032)], draftToken: 0.001, overhead: 0.0001)

    /// Time of a pass.
    ///
    /// - Parameter cells: tokens that other slots hold than a row's own.
    public func pass(rows: Int, cells: Int = 0) -> Seconds {
        let alone = Self.seconds(rows, on: self.curve)
        guard let crowd = self.crowd, cells > 0 else { return alone }
        let more = max(0, Self.seconds(rows, on: crowd.curve) - alone)
        return min(alone + more * Double(cells) / Double(crowd.cells), Self.longest)
    }

    private static func seconds(_ rows: Int, on curve: Curve) -> Seconds {
        guard curve.count > 1 else { return curve[0].seconds }
        let next = curve.firstIndex { $0.rows >= rows } ?? curve.count - 1
        let (low, high) = (curve[max(next, 1) - 1], curve[max(next, 1)])
        let slope = (high.seconds - low.seconds) / Double(high.rows - low.rows)
        return min(max(low.seconds + slope * Double(rows - low.rows), 1e-9), Self.longest)
    }

    public static func == (left: Self, right: Self) -> Bool { left.file == right.file }
}

/// Why costs cannot be used.
public struct CostsError: Error, Equatable, CustomStringConvertible {
    public var description: String

    init(_ description: String) {
        self.description = description
    }
}

// MARK: The file

extension Costs {
    private struct File: Codable, Equatable {
        var name: String
        var pass: [[Double]]
        var draftToken: Double
        var overhead: Double?
        var crowd: Crowd?

        struct Crowd: Codable, Equatable {
            var cells: Int
            var pass: [[Double]]
        }
    }

    private var file: File {
        File(
            name: self.name, pass: Self.points(self.curve), draftToken: Self.short(self.draftToken),
            overhead: Self.short(self.overhead),
            crowd: self.crowd.map { .init(cells: $0.cells, pass: Self.points($0.curve)) })
    }

    private static func points(_ curve: Curve) -> [[Double]] {
        curve.map { [Double($0.rows), self.short($0.seconds)] }
    }

    private static func curve(_ points: [[Double]]) throws(CostsError) -> Curve {
        var curve: Curve = []
        for point in points {
            guard point.count == 2, let rows = Int(exactly: point[0]) else {
                throw CostsError("a point of the pass times is [rows, milliseconds], not \(point)")
            }
            curve.append((rows, point[1] * 1e-3))
        }
        return curve
    }

    /// Milliseconds, to the microsecond.
    private static func short(_ seconds: Seconds) -> Double { (seconds * 1e6).rounded() / 1e3 }

    public init(_ data: Data) throws(CostsError) {
        guard let file = try? JSONDecoder().decode(File.self, from: data) else {
            throw CostsError(
                #"these are not costs: write {"name":"cpu","pass":[[1,8.2],[2,15.5]],"draftToken":0.2}, in milliseconds"#
            )
        }
        var crowd: Crowd?
        if let read = file.crowd { crowd = Crowd(cells: read.cells, curve: try Self.curve(read.pass)) }
        try self.init(
            name: file.name, curve: try Self.curve(file.pass), crowd: crowd, draftToken: file.draftToken * 1e-3,
            overhead: (file.overhead ?? 0) * 1e-3)
    }

    /// One JSON object, with its end.
    public var data: Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Numbers are finite, so nothing here can fail.
        var data = (try? encoder.encode(self.file)) ?? Data()
        data.append(UInt8(ascii: "\n"))
        return data
    }
}
