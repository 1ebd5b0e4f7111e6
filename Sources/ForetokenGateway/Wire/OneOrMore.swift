/// A value, or a list of such.
struct OneOrMore<Element: Decodable & Sendable>: Decodable, Sendable {
    let elements: [Element]

    init(from decoder: any Decoder) throws {
        if let one = try ifFits({ try decoder.singleValueContainer().decode(Element.self) }) {
            self.elements = [one]
        } else {
            self.elements = try [Element](from: decoder)
        }
    }
}
