/// An integer, which also tells where one that does not fit stands.
struct WholeNumber: Decodable, Equatable, Sendable {
    let value: Int

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Int.self) {
            self.value = value
        } else if (try? container.decode(Double.self)) != nil {
            let path = decoder.codingPath.text
            throw OpenAIError(
                parameter: path, "'\(path)' is not a whole number of 64 bits", code: "invalid_type")
        } else {
            self.value = try container.decode(Int.self)
        }
    }
}

/// A token's number; its error tells where a value that is not one stands.
struct TokenNumber: Decodable, Sendable {
    let value: UInt32

    init(from decoder: any Decoder) throws {
        let number = try WholeNumber(from: decoder).value
        guard let value = UInt32(exactly: number) else {
            let path = decoder.codingPath.text
            throw OpenAIError(parameter: path, "'\(path)' is \(number), and no token", code: "invalid_type")
        }
        self.value = value
    }
}
