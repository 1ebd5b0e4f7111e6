/// Text in Prometheus's exposition format, version 0.0.4.
struct PrometheusText {
    private(set) var text = ""

    /// - Parameter bytes: about how many the text will have.
    init(reserving bytes: Int) { self.text.reserveCapacity(bytes) }

    /// What a name begins with; all its series follow.
    static func head(of name: String, _ kind: Kind, help: String) -> String {
        "# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) \(kind.rawValue)\n"
    }

    mutating func begin(_ head: String) { self.text += head }

    mutating func add(
        _ name: SeriesName, suffix: String = "", label: (name: String, value: String)? = nil, _ value: Double
    ) {
        // Piece by piece, for this is done for every value of every scrape.
        self.text += name.name
        self.text += suffix
        if label != nil || !name.labels.isEmpty {
            self.text += "{"
            self.text += name.labels
            if let label {
                if !name.labels.isEmpty { self.text += "," }
                self.text += label.name
                self.text += "=\""
                self.text += label.value
                self.text += "\""
            }
            self.text += "}"
        }
        self.text += " "
        self.text += Self.number(value)
        self.text += "\n"
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
        return value == value.rounded() && value.magnitude < 1e15 ? String(Int64(value)) : value.description
    }
}
