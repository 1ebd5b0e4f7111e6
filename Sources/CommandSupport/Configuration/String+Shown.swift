extension String {
    /// In one line and no longer than that, whatever it holds.
    package func shown(most: Int = 80) -> String {
        let line = String(
            self.unicodeScalars.prefix(most).map { scalar -> Character in
                switch scalar.properties.generalCategory {
                case .control, .lineSeparator, .paragraphSeparator: " "
                default: Character(scalar)
                }
            })
        return self.unicodeScalars.count > most ? line + "…" : line
    }

    /// Which of some names it may have been meant to be: one that differs in a fourth of its letters at most.
    package func nearest(among names: some Sequence<String>) -> String? {
        guard self.utf8.count <= 64 else { return nil }
        let close = names.map { (name: $0, distance: Self.distance(Array(self.utf8), Array($0.utf8))) }
            .min { ($0.distance, $0.name) < ($1.distance, $1.name) }
        guard let close, close.distance <= max(1, self.utf8.count / 4) else { return nil }
        return close.name
    }

    /// Letters to add, to leave out and to replace, by Levenshtein's table, of which one row is kept.
    private static func distance(_ one: [UInt8], _ other: [UInt8]) -> Int {
        var row = Array(0...other.count)
        for (index, letter) in one.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (column, with) in other.enumerated() {
                let replaced = diagonal + (letter == with ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = Swift.min(replaced, diagonal + 1, row[column] + 1)
            }
        }
        return row[other.count]
    }
}
