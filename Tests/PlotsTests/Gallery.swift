import Foundation

@testable import Plots

/// Pictures as the benches draw them, and some that nobody would draw.
enum Gallery {
    static let delays: [Double] = [0, 5, 20, 40, 55, 83, 111, 150]
    static let delay = Axis("one-way delay", unit: "ms", scale: .ordinal(Self.delays))
    static let alone = ReferenceLine(1, "target alone")

    static let all: [String: String] = [
        "lines": Self.lines.svg,
        "lines-logarithmic": Self.logarithmicLines.svg,
        "lines-narrow": Self.lines.svg(width: 320),
        "heat-ratios": Self.ratios.svg,
        "heat-sequential": Self.sequential.svg,
        "steps": Self.steps.svg,
        "bars": Self.bars.svg,
        "grid": Self.grid.svg,
        "grid-mixed": Grid(
            title: "Mixed", columns: 2, charts: [Self.lines, Self.ratios, Self.steps, Self.bars]
        ).svg,
        "empty": Self.empty.svg,
        "strange": Self.strange.svg,
        "long": Self.long.svg,
    ]

    // MARK: - As the benches draw them

    static let lines = LineChart(
        title: "marginal is level with the best rule at every distance",
        subtitle: "Speed-up over the target alone; made-up numbers.\nforetoken simulate trace.jsonl --delay 0,5,20",
        x: Self.delay, y: Axis("speed-up", unit: "× target alone"), series: Self.rules(acceptance: 0.85),
        reference: Self.alone)

    static var logarithmicLines: LineChart {
        var chart = Self.lines
        chart.y.scale = .logarithmic
        for index in chart.series.indices { chart.series[index].interval = .bars }
        return chart
    }

    static let ratios = HeatMap(
        title: "Where drafting pays", rowAxis: Axis("acceptance rate"), rows: (1...9).reversed().map { "0.\($0)" },
        columnAxis: Axis("one-way delay", unit: "ms"), columns: Self.delays.map { "\(Int($0))" },
        value: Axis("speed-up"),
        values: (1...9).reversed().map { tenths in
            Self.delays.map { Self.speedUp(5, acceptance: Double(tenths) / 10, delay: $0) }
        }, colouring: .ratios)

    static let sequential = HeatMap(
        title: "Mean lookahead", rowAxis: Axis("domain"),
        rows: ["prose", "Python", "Swift, with a name too long for it"],
        columnAxis: Axis("rule"),
        columns: ["marginal", "fixed:8", "heuristic", "confidence-adaptive", "cumulative:0.5", "entropy:0.5"],
        value: Axis("lookahead", unit: "tokens"),
        values: [[5, 8, 6.1, .nan, 7.2, 3], [7.9, 8, 9, 12.1, 11, 4], [12, 8]])

    static var steps: StepChart {
        var steps: [StepChart.Step] = []
        var predicted: [Series.Point] = []
        var position = 0.0
        while position < 200 {
            let round = Double(steps.count)
            let sent = (position > 70 && position < 150 ? 8.0 : 4) + (round * 7).truncatingRemainder(dividingBy: 4)
            let accepted = (round * 5).truncatingRemainder(dividingBy: sent + 1)
            steps.append(.init(from: position, to: position + accepted + 1, whole: sent, part: accepted))
            predicted.append(.init(x: position, y: 0.5 + 0.4 * sin(round / 6)))
            position += accepted + 1
        }
        return StepChart(
            title: "The lookahead over the course of a text", subtitle: "The delay jumps 0 → 80 → 20 ms.",
            x: Axis("position", unit: "tokens"),
            panels: [
                .init(Axis("lookahead", unit: "tokens"), steps: steps, whole: "sent", part: "accepted"),
                .init(
                    Axis("acceptance", range: 0...1), lines: [Series("predicted", predicted, isEmphasized: true)]),
            ],
            marks: [.init(0, "0 ms"), .init(70, "80 ms"), .init(72, "code begins"), .init(199, "20 ms, to the end")])
    }

    static let bars = BarChart(
        title: "Foretoken beside others", axis: Axis("tokens per second"),
        groups: ["Python", "prose"].map { domain in
            .init(
                domain,
                [
                    .init("Foretoken, marginal", 148.2, low: 141, high: 153, isEmphasized: true),
                    .init("llama.cpp, best static length", 131, low: 127, high: 136),
                    .init("Transformers, dynamic speculation", 61.4, low: 60, high: 64),
                    .init("broken", .nan),
                ])
        }, reference: ReferenceLine(101, "target alone"))

    static var grid: Grid {
        let charts = [0.7, 0.8, 0.85].map { acceptance in
            LineChart(
                title: "acceptance \(acceptance)", x: Self.delay, y: Axis("speed-up"),
                series: Self.rules(acceptance: acceptance), reference: Self.alone)
        }
        return Grid(title: "Three kinds of text", charts: charts.onCommonScale())
    }

    static func rules(acceptance: Double) -> [Series] {
        let fixed = (1...9).map { length in
            Series(
                "fixed:\(length)",
                Self.delays.map { .init(x: $0, y: Self.speedUp(length, acceptance: acceptance, delay: $0)) })
        }
        let best = Self.delays.map { delay in
            (1...20).map { Self.speedUp($0, acceptance: acceptance, delay: delay) }.max()!
        }
        let points = zip(Self.delays, best).map { Series.Point(x: $0, y: $1, low: 0.96 * $1, high: 1.03 * $1) }
        return [Series("marginal", points, isEmphasized: true)] + fixed
    }

    private static func speedUp(_ length: Int, acceptance: Double, delay: Double) -> Double {
        let tokens = (1 - pow(acceptance, Double(length) + 1)) / (1 - acceptance)
        return tokens * 60 / (60 + 8 * Double(length) + 2 * delay)
    }

    // MARK: - As nobody would

    static let empty = Grid(
        title: "Nothing", columns: 2,
        charts: [
            LineChart(title: "", x: Axis(""), y: Axis(""), series: []),
            LineChart(title: "", x: Axis("", scale: .ordinal([])), y: Axis(""), series: [Series("none", [])]),
            LineChart(title: "", x: Axis(""), y: Axis(""), series: [Series("NaN", [.init(x: 1, y: .nan)])]),
            LineChart(
                title: "", x: Axis(""), y: Axis("", scale: .logarithmic), series: [Series("one", [.init(x: 1, y: 2)])]),
            HeatMap(
                title: "", rowAxis: Axis(""), rows: [], columnAxis: Axis(""), columns: [], value: Axis(""), values: []),
            StepChart(title: "", x: Axis(""), panels: [], marks: [.init(1, "mark")]),
            StepChart(title: "", x: Axis(""), panels: [.init(Axis(""), steps: [], whole: "", part: "")]),
            BarChart(title: "", axis: Axis(""), groups: []),
        ])

    static var strange: Grid {
        let numbers = [Double.nan, .infinity, -.infinity, 1e308, -1e308, 1e-308, -1, 0, 1, 1e99]
        let points = numbers.flatMap { x in numbers.map { Series.Point(x: x, y: $0, low: -$0, high: .infinity) } }
        let ranges: [ClosedRange<Double>?] = [nil, 0...0, -5...0, 0...Double.infinity, -.infinity ... .infinity, 3...4]
        var charts: [any Chart] = []
        for scale in [Axis.Scale.linear, .logarithmic, .ordinal(numbers)] {
            for range in ranges {
                let axis = Axis("axis", scale: scale, range: range)
                charts.append(
                    LineChart(
                        title: "", x: axis, y: axis, series: [Series("strange", points)],
                        reference: ReferenceLine(.nan, "none"), height: .nan))
                charts.append(
                    BarChart(
                        title: "", axis: axis, groups: [.init("", numbers.map { .init("bar", $0, low: $0, high: 1) })],
                        reference: ReferenceLine(.infinity, "none")))
                charts.append(
                    StepChart(
                        title: "", x: axis,
                        panels: [
                            .init(
                                axis, steps: numbers.map { .init(from: 0, to: $0, whole: $0, part: -$0) }, whole: "a",
                                part: "b", height: .infinity),
                            .init(axis, lines: [Series("strange", points)]),
                        ], marks: numbers.map { .init($0, "mark") }))
            }
        }
        for colouring in [HeatMap.Colouring.sequential, .diverging(around: .nan), .diverging(around: 0), .ratios] {
            charts.append(
                HeatMap(
                    title: "", rowAxis: Axis(""), rows: ["row", "row"], columnAxis: Axis(""),
                    columns: numbers.map { "\($0)" }, value: Axis("value"), values: [numbers, numbers],
                    colouring: colouring))
        }
        return Grid(title: "Strange", columns: 0, charts: charts)
    }

    static let long = LineChart(
        title: Self.words(30), subtitle: String(repeating: "without-a-break", count: 40),
        x: Axis(Self.words(30), unit: Self.words(9)), y: Axis(Self.words(30)),
        series: (0..<30).map { index in
            Series("\(index) \(Self.words(9))", (0..<200).map { .init(x: Double($0) * 99, y: 1e4 + Double(index)) })
        }, reference: ReferenceLine(1e4, Self.words(9)))

    private static func words(_ count: Int) -> String {
        Array(repeating: "lookahead & <co>", count: count).joined(separator: " ")
    }
}
