/// What a request is known by in logs and traces. It changes nothing of its text.
public struct RequestNames: Equatable, Sendable {
    /// `nil` where nobody gave one.
    public var id: RequestID?
    /// `nil` where nobody traces it.
    public var trace: TraceParent?

    public init(id: RequestID? = nil, trace: TraceParent? = nil) {
        self.id = id
        self.trace = trace
    }
}

/// A name that a client gives its request, as in HTTP's `x-request-id`: 1 to 128 printable characters of ASCII without
/// spaces, so that it is safe in a log and in a header.
public struct RequestID: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    public static let mostBytes = 128

    /// - Returns: `nil` where the text is not such a name.
    public init?(_ text: String) {
        let bytes = text.utf8
        guard (1...Self.mostBytes).contains(bytes.count), bytes.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            return nil
        }
        self.description = text
    }
}
