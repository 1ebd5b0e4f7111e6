public import ForetokenWire
public import Speculation

/// What a target needs to know of its model to decide what to do with it.
public struct TargetModel: Sendable {
    public var slots: Int
    /// Most rows that one pass may hold.
    public var maxRows: Int
    /// Tokens that a slot holds.
    public var contextLength: Int
    public var vocabularySize: Int
    /// Whether draft tokens can be checked: those that are not accepted are taken back.
    public var canRollBack: Bool
    /// What passes keep to where they are to agree to the last bit.
    public var exact: ExactPasses?
    /// The bytes of a token.
    public var bytes: @Sendable (Token) -> [UInt8]
    public var endOfGeneration: Set<Token>

    public init(
        slots: Int, maxRows: Int, contextLength: Int, vocabularySize: Int, canRollBack: Bool = true,
        exact: ExactPasses? = nil, bytes: @escaping @Sendable (Token) -> [UInt8] = { _ in [] },
        endOfGeneration: Set<Token> = []
    ) {
        self.slots = slots
        self.maxRows = maxRows
        self.contextLength = contextLength
        self.vocabularySize = vocabularySize
        self.canRollBack = canRollBack
        self.exact = exact
        self.bytes = bytes
        self.endOfGeneration = endOfGeneration
    }

    /// Why a prompt is refused that leaves no place for an answer.
    ///
    /// - Parameter tokens: how many it has, in words.
    public func tooLong(_ tokens: String) -> Status {
        Status(
            .outOfRange,
            """
            the prompt has \(tokens) tokens, but a slot of this target holds \(self.contextLength); shorten the prompt \
            or start the target with a larger --context
            """)
    }
}
