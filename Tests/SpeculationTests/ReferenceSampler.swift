internal import Foundation

@testable import Speculation

/// The sampler as its documentation reads, without any shortcut: everything is sorted, and all noise is computed.
struct ReferenceSampler {
    var sampling: Sampling

    /// Allowed tokens, most probable first, with their probabilities among each other.
    func distribution(_ logits: [Float]) -> [(token: Token, probability: Double)] {
        let temperature = self.sampling.temperature > 0 ? Double(self.sampling.temperature) : 1
        let logits = logits.map { $0.isNaN ? -Float.infinity : $0 }
        let largest = Double(logits.max()!)
        var ranked = logits.indices.map { index in
            (token: Token(index), weight: exp((Double(logits[index]) - largest) / temperature))
        }
        ranked.sort { left, right in
            let (l, r) = (logits[Int(left.token)], logits[Int(right.token)])
            return l != r ? l > r : left.token < right.token
        }
        let isGreedy = self.sampling.temperature == 0
        if !isGreedy && self.sampling.topK > 0 { ranked = Array(ranked.prefix(self.sampling.topK)) }
        if !isGreedy && self.sampling.topP < 1 {
            let whole = ranked.reduce(0) { $0 + $1.weight }
            var sum = 0.0
            let last = ranked.firstIndex { candidate in
                sum += candidate.weight
                return sum >= Double(self.sampling.topP) * whole
            }
            if let last { ranked = Array(ranked.prefix(last + 1)) }
        }
        let least = Double(self.sampling.minP) * ranked[0].weight * (1 - 1e-6)
        if !isGreedy { ranked.removeAll { $0.weight < least } }
        let whole = ranked.reduce(0) { $0 + $1.weight }
        return ranked.map { ($0.token, $0.weight / whole) }
    }

    /// Allowed tokens with their scores, best first.
    func scores(_ logits: [Float], position: Int) -> [(token: Token, score: Double, probability: Double)] {
        let noise = GumbelNoise(seed: self.sampling.seed, position: position)
        var scored = self.distribution(logits).map { token, probability in
            let logit = Double(logits[Int(token)])
            let score =
                self.sampling.temperature > 0
                ? logit / Double(self.sampling.temperature) + noise.value(of: token) : logit
            return (token: token, score: score, probability: probability)
        }
        scored.removeAll { !($0.score > -.infinity) }
        scored.sort { $0.score != $1.score ? $0.score > $1.score : $0.token < $1.token }
        return scored
    }
}

extension Sampler {
    func choose(_ logits: [Float], position: Int, detail: Detail = []) -> Choice {
        self.choose(from: logits.span, position: position, detail: detail)
    }
}
