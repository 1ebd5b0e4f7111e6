/// Text in Prometheus's exposition format, version 0.0.4.
struct PrometheusText {
    private(set) var text = ""

    /// Begins a name; all its series follow.
    mutating func begin(_ name: String, _ kind: Kind, help: String) {
        self.text += "# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) \(kind.rawValue)\n"
    }

    mutating func add(
        _ name: SeriesName, suffix: String = "", label: (name: String, value: String)? = nil, _ value: Double
    ) {
        let more = label.map { "\($0.name)=\"\($0.value)\"" } ?? ""
        let labels = [name.labels, more].filter { !$0.isEmpty }.joined(separator: ",")
        self.text += name.name + suffix
        if !labels.isEmpty { self.text += "{\(labels)}" }
        self.text += " \(Self.number(value))\n"
    }

    static func escaped(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        return value == value.rounded() && value.magnitude < 1e15 ? "\(Int64(value))" : "\(value)"
    }
}
