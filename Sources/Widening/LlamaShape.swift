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

    /// There are no models beyond them, and libllama loads none with more layers.
    static let largest = (size: 1 << 20, layers: 512)

    /// Why no model is of these sizes; `nil`: heads fill the width, groups the heads, and nothing is too large.
    var fault: String? {
        let sizes = [self.width, self.layers, self.feedForward, self.heads, self.keyValueHeads, self.vocabulary]
        guard sizes.min()! > 0, self.width % self.heads == 0, self.heads % self.keyValueHeads == 0 else {
            return "its heads do not fill its width evenly"
        }
        for (name, size) in [
            ("width", self.width), ("feed-forward", self.feedForward), ("vocabulary", self.vocabulary),
        ] where size > Self.largest.size {
            return "its \(name) of \(size) is more than \(Self.largest.size)"
        }
        guard self.layers <= Self.largest.layers else {
            return "its \(self.layers) layers are more than \(Self.largest.layers)"
        }
        return nil
    }
}
