/// Any JSON value, for parameters that are only looked at.
enum Shape: Equatable, Decodable, Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([Shape])
    case object([String: Shape])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try ifFits({ try container.decode(Bool.self) }) {
            self = .bool(value)
        } else if let value = try ifFits({ try container.decode(Double.self) }) {
            self = .number(value)
        } else if let value = try ifFits({ try container.decode(String.self) }) {
            self = .string(value)
        } else if let values = try ifFits({ try container.decode([Shape].self) }) {
            self = .array(values)
        } else {
            self = .object(try container.decode([String: Shape].self))
        }
    }
}

/// A name of a member that nobody knows beforehand.
struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
