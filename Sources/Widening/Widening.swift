/// How a model of the Llama architecture becomes wider and deeper without changing what it computes.
///
/// Matrices are padded with zeros, so the new part of a token's numbers is zero before and behind each layer. A root
/// mean square over `width` numbers of which the new ones are zero is smaller by the square root of old by new width, so
/// the weights of norms are scaled by that, and the epsilon within by its square. New heads look at nothing and
/// say nothing. A new layer is a copy of the last one, to cost what that costs, but adds nothing to what passes through
/// it: its attention output and its feed-forward's way down are zero.
public struct Widening: Equatable, Sendable {
    public let old: LlamaShape
    public let new: LlamaShape

    /// - Parameters:
    ///   - width: a multiple of the head size; by default that of before.
    ///   - layers: by default as many as before.
    ///   - feedForward: by default so much more as the width, rounded up to a multiple of 256.
    public init(
        of old: LlamaShape, width: Int? = nil, layers: Int? = nil, feedForward: Int? = nil
    ) throws(WideningError) {
        if let fault = old.fault { throw .unusualShape(reason: fault) }
        let largest = LlamaShape.largest
        let width = width ?? old.width
        let layers = layers ?? old.layers
        guard width >= old.width else { throw .tooNarrow(width, least: old.width) }
        guard width.isMultiple(of: old.headSize) else { throw .notWholeHeads(width: width, headSize: old.headSize) }
        guard layers >= old.layers else { throw .tooFewLayers(layers, least: old.layers) }
        let most = max(width, feedForward ?? 0)
        guard most <= largest.size else { throw .tooLarge(most, most: largest.size) }
        guard layers <= largest.layers else { throw .tooLarge(layers, most: largest.layers) }
        let grown = (old.feedForward * width + old.width - 1) / old.width
        let feedForward = feedForward ?? (width == old.width ? old.feedForward : (grown + 255) / 256 * 256)
        guard feedForward >= old.feedForward else {
            throw .feedForwardTooNarrow(feedForward, least: old.feedForward)
        }
        guard feedForward <= largest.size else { throw .tooLarge(feedForward, most: largest.size) }

        let heads = width / old.headSize
        // As many groups as possible, each with room for the heads of an old one.
        let groups = (old.keyValueHeads...heads).last { heads % $0 == 0 && heads / $0 >= old.headsPerGroup }
        guard let groups else {
            throw .notWholeGroups(heads: heads, groups: old.keyValueHeads, headsPerGroup: old.headsPerGroup)
        }
        self.old = old
        self.new = LlamaShape(
            width: width, layers: layers, feedForward: feedForward, heads: heads, keyValueHeads: groups,
            vocabulary: old.vocabulary)
    }

    /// The new index of each head: among the heads that share the keys and values it had.
    var headMap: [Int] {
        (0..<self.old.heads).map {
            $0 / self.old.headsPerGroup * self.new.headsPerGroup + $0 % self.old.headsPerGroup
        }
    }

    public var epsilonScale: Float { Float(self.old.width) / Float(self.new.width) }
    var normScale: Float { self.epsilonScale.squareRoot() }
}
