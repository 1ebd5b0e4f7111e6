/// The sizes of a model of the Llama architecture.
public struct LlamaShape: Equatable, Sendable {
    /// Numbers that stand for a token between layers.
    public var width: Int
    public var layers: Int
    public var feedForward: Int
    public var heads: Int
    /// Heads of keys and values; each serves as many neighbouring heads as the others.
    public var keyValueHeads: Int
    /// Tokens.
    public var vocabulary: Int

    public init(width: Int, layers: Int, feedForward: Int, heads: Int, keyValueHeads: Int, vocabulary: Int) {
        self.width = width
        self.layers = layers
        self.feedForward = feedForward
        self.heads = heads
        self.keyValueHeads = keyValueHeads
        self.vocabulary = vocabulary
    }

    public var headSize: Int { self.width / self.heads }
    /// Heads that share keys and values.
    public var headsPerGroup: Int { self.heads / self.keyValueHeads }

    /// Whether heads fill the width, and groups the heads.
    var isWhole: Bool {
        min(self.width, self.layers, self.feedForward, self.heads, self.keyValueHeads) > 0
            && self.width % self.heads == 0 && self.heads % self.keyValueHeads == 0
    }
}
