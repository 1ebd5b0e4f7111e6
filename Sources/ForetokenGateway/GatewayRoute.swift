/// An address that somebody else answers: a page, figures, and the like. Taken with GET.
public struct GatewayRoute: Sendable {
    /// Such as `/metrics`.
    public var path: String
    /// Whether it needs a key, where there are keys.
    public var needsKey: Bool
    public var answer: @Sendable () async throws -> Answer

    public struct Answer: Sendable {
        public var status: Int
        public var contentType: String
        public var body: String

        public init(status: Int = 200, contentType: String, body: String) {
            self.status = status
            self.contentType = contentType
            self.body = body
        }
    }

    public init(path: String, needsKey: Bool, answer: @escaping @Sendable () async throws -> Answer) {
        self.path = path
        self.needsKey = needsKey
        self.answer = answer
    }
}
