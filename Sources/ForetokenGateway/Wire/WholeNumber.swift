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
                parameter: path, "'\(path)' is no whole number of 64 bits", code: "invalid_type")
        } else {
            self.value = try container.decode(Int.self)
        }
    }
}
