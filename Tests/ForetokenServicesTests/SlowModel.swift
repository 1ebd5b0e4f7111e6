import ForetokenEngine
import Foundation
import Speculation

/// A model whose passes take time, so that it pays to draft for it.
final class SlowModel: LanguageModel {
    private let model: SyntheticModel
    private let passSeconds: Double

    init(_ model: SyntheticModel, passSeconds: Double) {
        self.model = model
        self.passSeconds = passSeconds
    }

    var description: ModelDescription { self.model.description }
    var vocabulary: Vocabulary { self.model.vocabulary }
    var slots: Int { self.model.slots }
    var maxRows: Int { self.model.maxRows }
    var canRollBack: Bool { self.model.canRollBack }

    func tokenize(_ text: String) throws(ModelError) -> [Token] { try self.model.tokenize(text) }

    func decode(_ rows: [Row]) throws(ModelError) {
        Thread.sleep(forTimeInterval: self.passSeconds)
        try self.model.decode(rows)
    }

    func withLogits<Result>(ofRow index: Int, _ body: (Span<Float>) -> Result) throws(ModelError) -> Result {
        try self.model.withLogits(ofRow: index, body)
    }

    func rollBack(slot: Int, to position: Int) throws(ModelError) {
        try self.model.rollBack(slot: slot, to: position)
    }
}
