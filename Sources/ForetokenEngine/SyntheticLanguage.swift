public import Speculation

/// A language without weights: the logits of the next token are a pure function of the last few tokens.
///
/// Each context of `order` tokens has a favourite next token. A perturbed language shares the vocabulary and, in a
/// chosen share of contexts, the favourite; where it does not, it is less sure of its own. So the two stand to each
/// other as a target and a draft do.
public struct SyntheticLanguage: Sendable {
    public let vocabulary: Vocabulary
    /// Tokens that the next one depends on.
    public let order: Int
    let seed: UInt64
    /// Share of contexts whose favourite is the end of generation.
    let endShare: Double
    private var perturbation: (seed: UInt64, agreement: Double)?

    /// - Parameters:
    ///   - vocabularySize: at least 2; the last token ends a generation. From 257 on, a token below 256 is that byte.
    ///   - endShare: how often a text ends, per token; 0: never.
    public init(vocabularySize: Int = 320, seed: UInt64 = 1, order: Int = 3, endShare: Double = 0) {
        precondition(vocabularySize >= 2 && order >= 1)
        self.vocabulary = SyntheticVocabulary.make(size: vocabularySize)
        self.order = order
        self.seed = seed
        self.endShare = endShare
    }

    /// The same language, but for another favourite in about 1 - `agreement` of contexts, which `seed` chooses.
    public func perturbed(seed: UInt64, agreement: Double) -> SyntheticLanguage {
        var language = self
        language.perturbation = (seed, agreement)
        return language
    }

    /// Digest of all that logits depend on.
    var fingerprint: UInt64 {
        var traits = [self.seed, UInt64(self.order), self.endShare.bitPattern]
        if let (seed, agreement) = self.perturbation { traits += [seed, agreement.bitPattern] }
        return traits.reduce(self.vocabulary.fingerprint) { scrambled($0 ^ scrambled($1)) }
    }

    /// The logits of the token behind `tokens`, of which only the last `order` matter.
    public func logits(behind tokens: [Token]) -> [Float] {
        [Float](unsafeUninitializedCapacity: self.vocabulary.size) { buffer, count in
            count = self.vocabulary.size
            self.write(logitsBehind: tokens, to: UnsafeMutableBufferPointer(rebasing: buffer[0..<count]))
        }
    }

    /// - Precondition: `logits` has one place for each token of the vocabulary.
    func write(logitsBehind tokens: [Token], to logits: UnsafeMutableBufferPointer<Float>) {
        let size = self.vocabulary.size
        precondition(logits.count == size)
        var context = self.seed
        for token in tokens.suffix(self.order) { context = scrambled(context ^ (UInt64(token) &+ 1)) }

        var bits = scrambled(context ^ 1)
        for token in 0..<size {
            bits = scrambled(bits)
            logits[token] = 4 * Float(unit(bits))
        }
        logits[size - 1] = -100

        var favourite = Int(truncatingIfNeeded: scrambled(context ^ 2) % UInt64(size - 1))
        if unit(scrambled(context ^ 3)) < self.endShare { favourite = size - 1 }
        // Between hardly and very sure, but always above the rest by more than rounding.
        var lead = 0.5 + 4 * Float(unit(scrambled(context ^ 4)))
        if let perturbation = self.perturbation {
            let own = scrambled(context ^ scrambled(perturbation.seed))
            if unit(own) >= perturbation.agreement {
                let shift = 1 + Int(truncatingIfNeeded: scrambled(own) % UInt64(max(1, size - 2)))
                favourite = (favourite + shift) % max(1, size - 1)
                lead /= 2
            }
        }
        logits[favourite] = 4 + lead
    }
}

/// Scrambles 64 bits, among them 0.
package func scrambled(_ bits: UInt64) -> UInt64 {
    mixed(bits &+ 0x9e37_79b9_7f4a_7c15)
}

/// A number from 0 up to, without, 1.
package func unit(_ bits: UInt64) -> Double {
    Double(bits >> 11) * 0x1p-53
}
