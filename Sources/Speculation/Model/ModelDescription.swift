/// What a service says of its model.
public struct ModelDescription: Equatable, Sendable {
    public var name: String
    public var parameters: UInt64
    public var vocabularySize: Int
    /// Digest of every token's bytes, and of whether it is a control token: equal exactly when token ids mean the same.
    public var vocabularyFingerprint: UInt64
    /// Digest of the model's file: equal where files are equal, and another for other numbers, other types of numbers or
    /// another head, a name of its own included. 0: not told, which equals nothing, not even another 0.
    public var weightsFingerprint: UInt64
    /// Tokens a slot holds.
    public var contextLength: Int
    /// Which passes agree; `nil` where that was not measured.
    public var rounding: Rounding?
    /// With what it is computed; `nil` where that is not told.
    public var execution: Execution?

    public init(
        name: String, parameters: UInt64, vocabularySize: Int, vocabularyFingerprint: UInt64,
        weightsFingerprint: UInt64, contextLength: Int, rounding: Rounding? = nil, execution: Execution? = nil
    ) {
        self.name = name
        self.parameters = parameters
        self.vocabularySize = vocabularySize
        self.vocabularyFingerprint = vocabularyFingerprint
        self.weightsFingerprint = weightsFingerprint
        self.contextLength = contextLength
        self.rounding = rounding
        self.execution = execution
    }

    /// Whether a text that one of these began can go on with the other and stay the same but for rounding: tokens mean the
    /// same, and the same weights choose them.
    public func writesAs(_ other: ModelDescription) -> Bool {
        self.weightsFingerprint != 0 && self.weightsFingerprint == other.weightsFingerprint
            && self.vocabularyFingerprint == other.vocabularyFingerprint
    }

    /// Whether a text can go on with it of which only the weights are known that began it.
    ///
    /// - Parameter weights: their digest; 0 where nobody has told, and any model may go on.
    public func writesAs(weights: UInt64) -> Bool { weights == 0 || weights == self.weightsFingerprint }
}
