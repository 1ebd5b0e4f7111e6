import Foundation

@testable import Plots

/// Pictures as a load test draws them, and some that nobody would draw.
enum Gallery {
    static let percents = Axis("percent of requests", scale: .ordinal([0, 10, 25, 50, 75, 90, 95, 99, 99.9, 100]))

    static let all: [String: String] = [
        "curves": Self.curves.svg(width: 1000), "curves-narrow": Self.curves.svg(width: 320),
        "empty": Self.empty.svg(width: 1000), "strange": Self.strange.svg(width: 1000),
        "long": Self.long.svg(width: 1000),
    ]

    // MARK: - As a load test draws them

    static let curve = LineChart(
        title: "Time to first token", x: Self.percents, y: Axis("time", unit: "ms"),
        series: [
            Series("as asked", Self.latencies(40), isEmphasized: true), Series("off", Self.latencies(55)),
            Series("another", Self.latencies(90)),
        ], height: 280)

    static let curves = Grid(
        title: "How long requests took, and when", subtitle: "Made-up numbers.", columns: 2,
        charts: [
            Self.curve,
            LineChart(
                title: "Time to first token, by its beginning", x: Axis("time", unit: "s"), y: Axis("time", unit: "ms"),
                series: [
                    Series(
                        "as asked", (0..<60).map { .init(x: Double($0), y: 40, low: 30, high: 60 + Double($0 % 7)) },
                        isEmphasized: true)
                ]),
        ])

    private static func latencies(_ median: Double) -> [Series.Point] {
        guard case .ordinal(let percents) = Self.percents.scale else { return [] }
        return percents.map { .init(x: $0, y: median * (0.5 + pow($0 / 100, 3))) }
    }

    // MARK: - As nobody would

    static let empty = Grid(
        title: "Nothing", columns: 2,
        charts: [
            LineChart(title: "", x: Axis(""), y: Axis(""), series: []),
            LineChart(title: "", x: Axis("", scale: .ordinal([])), y: Axis(""), series: [Series("none", [])]),
            LineChart(title: "", x: Axis(""), y: Axis(""), series: [Series("NaN", [.init(x: 1, y: .nan)])]),
        ])

    static var strange: Grid {
        let numbers = [Double.nan, .infinity, -.infinity, 1e308, -1e308, 1e-308, -1, 0, 1, 1e99]
        let points = numbers.flatMap { x in numbers.map { Series.Point(x: x, y: $0, low: -$0, high: .infinity) } }
        let ranges: [ClosedRange<Double>?] = [nil, 0...0, -5...0, 0...Double.infinity, -.infinity ... .infinity, 3...4]
        let charts = [Axis.Scale.linear, .ordinal(numbers)].flatMap { scale in
            ranges.map { range in
                let axis = Axis("axis", scale: scale, range: range)
                return LineChart(title: "", x: axis, y: axis, series: [Series("strange", points)], height: .nan)
            }
        }
        return Grid(title: "Strange", columns: 0, charts: charts)
    }

    static let long = Grid(
        title: Self.words(30), subtitle: String(repeating: "without-a-break", count: 40), columns: 2,
        charts: [
            LineChart(
                title: Self.words(30), x: Axis(Self.words(30), unit: Self.words(9)), y: Axis(Self.words(30)),
                series: (0..<30).map { index in
                    Series(
                        "\(index) \(Self.words(9))",
                        (0..<200).map { .init(x: Double($0) * 99, y: 1e4 + Double(index)) })
                })
        ])

    private static func words(_ count: Int) -> String {
        Array(repeating: "lookahead & <co>", count: count).joined(separator: " ")
    }
}
