/// One piece of code that reads what strangers write, as a function of any bytes.
struct FuzzTarget: Sendable {
    let name: String
    /// Reads the bytes, and checks what must hold whatever they are.
    ///
    /// Returns whether they were read; refusing them is no fault.
    let run: @Sendable ([UInt8]) throws(Broken) -> Bool
    /// How to make an input of about so many bytes that costs as much as one of its length can; `nil` where the cost is
    /// bounded in another way.
    var stretch: (@Sendable (Int) -> [[UInt8]])?

    init(
        _ name: String, stretch: (@Sendable (Int) -> [[UInt8]])? = nil,
        _ run: @escaping @Sendable ([UInt8]) throws(Broken) -> Bool
    ) {
        self.name = name
        self.run = run
        self.stretch = stretch
    }

    static let all: [FuzzTarget] = [
        .envelope, .order, .reception, .connection, .target, .draft, .coordinator,
        .completion, .chat, .eventID, .head, .events,
        .address, .rule, .apiKeys, .keys, .zap, .prompts, .trace, .costs, .configuration,
    ]

    static func named(_ name: String) -> FuzzTarget? { Self.all.first { $0.name == name } }
}

/// What must hold does not.
struct Broken: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// - Throws: where it does not hold.
func must(_ holds: Bool, _ what: @autoclosure () -> String) throws(Broken) {
    guard holds else { throw Broken(what()) }
}
