/// What a draft needs to know of its model to decide what to do with it.
public struct DraftModel: Sendable {
    public var slots: Int
    /// Tokens that a slot holds.
    public var contextLength: Int
    public var vocabularySize: Int

    public init(slots: Int, contextLength: Int, vocabularySize: Int) {
        self.slots = slots
        self.contextLength = contextLength
        self.vocabularySize = vocabularySize
    }
}
