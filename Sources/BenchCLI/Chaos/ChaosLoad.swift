import Measurement
import Speculation

/// What a client asks for, one request after the other: a function of the seed.
struct ChaosLoad {
    private let texts: [ChaosText]
    private let client: Int
    private let way: ChaosRequest.Way
    private var random: SplitMix64

    private static let rules = ["", "", "marginal", "fixed:4", "fixed:8", "heuristic", "confidence:0.4", "off"]

    init(texts: [ChaosText], client: Int, way: ChaosRequest.Way, seed: UInt64) {
        self.texts = texts
        self.client = client
        self.way = way
        self.random = SplitMix64(seed: seed &+ UInt64(client) &* 0x9E37_79B9)
    }

    mutating func next(id: Int) -> ChaosRequest {
        let text = Int.random(in: self.texts.indices, using: &self.random)
        var request = ChaosRequest(
            id: id, client: self.client, way: self.way, text: text, rule: Self.rules.randomElement(using: &self.random)!
        )
        let (fate, share) = (self.random.nextUnit(), self.random.nextUnit())
        guard self.way == .sdk else { return request }
        switch fate {
        case ..<0.1: request.cancelAfter = Int(share * Double(self.texts[text].tokens.count))
        case ..<0.15: request.timeout = 0.05 + share
        default: break
        }
        return request
    }
}
