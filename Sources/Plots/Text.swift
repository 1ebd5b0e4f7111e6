/// Measures and breaks text without knowing the reader's font: widths are those of a wide one (DejaVu Sans), so that
/// what fits here fits everywhere.
enum Text {
    /// The width in pixels.
    static func width(_ text: String, size: Double, isBold: Bool = false) -> Double {
        text.reduce(0) { $0 + Self.width(of: $1) } * size * (isBold ? 1.1 : 1)
    }

    /// As much of the text as fits, with an ellipsis in place of the rest.
    static func shortened(_ text: String, to width: Double, size: Double, isBold: Bool = false) -> String {
        if Self.width(text, size: size, isBold: isBold) <= width { return text }
        var kept = text
        while !kept.isEmpty {
            kept.removeLast()
            let shortened = kept + "…"
            if Self.width(shortened, size: size, isBold: isBold) <= width { return shortened }
        }
        return ""
    }

    /// The text as lines that fit, broken between words, and within those that are longer than a line.
    static func wrapped(_ text: String, to width: Double, size: Double, isBold: Bool = false) -> [String] {
        var lines: [String] = []
        for paragraph in text.split(whereSeparator: \.isNewline) {
            var line = ""
            for word in paragraph.split(separator: " ") {
                let longer = line.isEmpty ? String(word) : line + " " + word
                if Self.width(longer, size: size, isBold: isBold) <= width {
                    line = longer
                    continue
                }
                if !line.isEmpty { lines.append(line) }
                line = ""
                for character in word {
                    if !line.isEmpty, Self.width(line + String(character), size: size, isBold: isBold) > width {
                        lines.append(line)
                        line = ""
                    }
                    line.append(character)
                }
            }
            if !line.isEmpty { lines.append(line) }
        }
        return lines
    }

    /// In units of the font's size.
    private static func width(of character: Character) -> Double {
        switch character {
        case "i", "j", "l", "I", "'", ".", ",", ":", ";", "|", "!", " ", "\u{A0}", "·": 0.34
        case "f", "t", "r", "(", ")", "[", "]", "-", "/", "\\": 0.41
        case "m", "w", "M", "W", "@", "%", "…", "—", "→": 1.0
        case _ where character.isUppercase && character.isASCII: 0.72
        case _ where character.isASCII: 0.63
        case "–", "−", "×", "±", "≥", "≤": 0.84
        case _ where character.unicodeScalars.allSatisfy { $0.value < 0x590 }: 0.68
        default: 1.3
        }
    }
}
