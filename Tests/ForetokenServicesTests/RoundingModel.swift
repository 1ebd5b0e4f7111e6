import ForetokenEngine
import ForetokenWire
import Speculation

/// A model whose rows depend on how wide the passes were that computed them and all before them, as those of a real one
/// do, but so much that it changes the text.
final class RoundingModel: LanguageModel {
    let description: ModelDescription
    private let model: SyntheticModel
    /// Of each slot: how its rows were computed, up to each of them.
    private var traces: [[UInt64]]
    /// Of the rows of the latest pass.
    private var latest: [UInt64] = []

    /// - Parameter rounding: its kinds tell which passes agree.
    init(_ model: SyntheticModel, _ rounding: Rounding) {
        self.model = model
        var description = model.description
        description.rounding = rounding
        self.description = description
        self.traces = Array(repeating: [], count: model.slots)
    }

    var vocabulary: Vocabulary { self.model.vocabulary }
    var slots: Int { self.model.slots }
    var maxRows: Int { self.model.maxRows }
    var canRollBack: Bool { true }
    var tokenizer: any Tokenizer { self.model.tokenizer }

    func decode(_ rows: [Row]) throws(ModelError) {
        try self.model.decode(rows)
        let kind = self.description.rounding!.kinds.firstIndex { $0.contains(rows.count) } ?? 99
        self.latest = rows.map { row in
            var random = SplitMix64(seed: (self.traces[row.slot].last ?? 1) &+ UInt64(kind) &* 0x9e37_79b9_7f4a_7c15)
            self.traces[row.slot].append(random.next())
            return self.traces[row.slot].last!
        }
    }

    func withLogits<Result>(ofRow index: Int, _ body: (Span<Float>) -> Result) throws(ModelError) -> Result {
        try self.model.withLogits(ofRow: index) { logits in
            var row = (0..<logits.count).map { logits[$0] }
            row[Int(self.latest[index] % UInt64(row.count))] += 4
            return body(row.span)
        }
    }

    func rollBack(slot: Int, to position: Int) throws(ModelError) {
        try self.model.rollBack(slot: slot, to: position)
        self.traces[slot] = Array(self.traces[slot].prefix(position))
    }

    func copy(from source: Int, to slot: Int, count: Int) throws(ModelError) {
        try self.model.copy(from: source, to: slot, count: count)
        self.traces[slot] = Array(self.traces[source].prefix(count))
    }

    /// What it writes where each piece of the prompt, and then each token, is computed in a pass of its own.
    static func text(_ request: Request, by model: RoundingModel, exact: ExactPasses) throws -> [Token] {
        guard case .text(let prompt) = request.prompt else { return [] }
        var tokens = try model.tokenize(prompt)
        let promptCount = tokens.count
        let sampler = Sampler(request.sampling)
        var fed = 0
        while tokens.count - promptCount < request.maxTokens {
            let end = fed < promptCount ? min(fed + ExactPasses.piece, promptCount) : tokens.count
            let count = max(end - fed, exact.least)
            try model.decode(
                (0..<count).map {
                    Row(token: tokens[min(fed + $0, end - 1)], slot: 0, position: fed + $0, wantsLogits: true)
                })
            let last = end - fed - 1
            try model.rollBack(slot: 0, to: end)
            fed = end
            guard fed == tokens.count else { continue }
            let token = try model.withLogits(ofRow: last) { sampler.choose(from: $0, position: tokens.count).token }
            tokens.append(token)
            if model.vocabulary.endOfGeneration.contains(token) { break }
        }
        return Array(tokens[promptCount...])
    }
}
