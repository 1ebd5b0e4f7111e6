/// What a service says of its model.
public struct ModelDescription: Equatable, Sendable {
    public var name: String
    public var parameters: UInt64
    public var vocabularySize: Int
    /// Digest of every token's bytes, and of whether it is a control token: equal exactly when token ids mean the same.
    public var vocabularyFingerprint: UInt64
    /// Tokens a slot holds.
    public var contextLength: Int
    /// Which passes agree; `nil` where that was not measured.
    public var rounding: Rounding?

    public init(
        name: String, parameters: UInt64, vocabularySize: Int, vocabularyFingerprint: UInt64, contextLength: Int,
        rounding: Rounding? = nil
    ) {
        self.name = name
        self.parameters = parameters
        self.vocabularySize = vocabularySize
        self.vocabularyFingerprint = vocabularyFingerprint
        self.contextLength = contextLength
        self.rounding = rounding
    }
}
