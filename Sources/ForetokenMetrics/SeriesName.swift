/// A name and labels as Prometheus allows them.
struct SeriesName: Sendable {
    let name: String
    /// Between the braces: `a="1",b="2"`, in the order of the labels' names.
    let labels: String

    init(_ name: String, _ dimensions: [(String, String)], _ kind: Kind) {
        let clean = Self.clean(name, also: ":")
        self.name = kind == .counter && !clean.hasSuffix("_total") ? clean + "_total" : clean
        let pairs = dimensions.map { label, value in
            let clean = Self.clean(label, also: "_")
            // A histogram has its own label of that name.
            return (kind == .histogram && clean == "le" ? "exported_le" : clean, value)
        }
        self.labels = Dictionary(pairs, uniquingKeysWith: { _, last in last })
            .sorted { $0.key < $1.key }
            .map { "\($0.key)=\"\(PrometheusText.escaped($0.value, quotes: true))\"" }
            .joined(separator: ",")
    }

    /// Letters, digits and `_` of ASCII, and one more character; anything else becomes `_`.
    private static func clean(_ name: String, also more: Character) -> String {
        let clean = String(
            name.map { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "_" || $0 == more ? $0 : "_" })
        return clean.first.map { $0.isNumber } ?? true ? "_" + clean : clean
    }
}
