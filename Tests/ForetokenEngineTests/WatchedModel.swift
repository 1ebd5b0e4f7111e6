import ForetokenEngine
import Speculation
import Synchronization

/// A synthetic model that tells of its passes, and fails those it is told to.
final class WatchedModel: LanguageModel {
    /// What a test sees of the model, which belongs to another thread.
    final class Watch: Sendable {
        private struct State {
            var passes: [[Row]] = []
            var onPass: @Sendable (Int, [Row]) throws(ModelError) -> Void = { _, _ in }
        }

        private let state = Mutex(State())

        var passes: [[Row]] { self.state.withLock { $0.passes } }

        /// - Parameter body: is called before each pass with its number, from 0, and may fail it.
        func onPass(_ body: @escaping @Sendable (Int, [Row]) throws(ModelError) -> Void) {
            self.state.withLock { $0.onPass = body }
        }

        fileprivate func begin(_ rows: [Row]) throws(ModelError) {
            let (number, body) = self.state.withLock { state in
                state.passes.append(rows)
                return (state.passes.count - 1, state.onPass)
            }
            try body(number, rows)
        }
    }

    private let model: SyntheticModel
    private let watch: Watch

    init(_ model: SyntheticModel, watch: Watch) {
        self.model = model
        self.watch = watch
    }

    var description: ModelDescription { self.model.description }
    var vocabulary: Vocabulary { self.model.vocabulary }
    var slots: Int { self.model.slots }
    var maxRows: Int { self.model.maxRows }
    var canRollBack: Bool { true }

    var tokenizer: any Tokenizer { self.model.tokenizer }

    func decode(_ rows: [Row]) throws(ModelError) {
        try self.watch.begin(rows)
        try self.model.decode(rows)
    }

    func withLogits<Result>(ofRow index: Int, _ body: (Span<Float>) -> Result) throws(ModelError) -> Result {
        try self.model.withLogits(ofRow: index, body)
    }

    func rollBack(slot: Int, to position: Int) throws(ModelError) {
        try self.model.rollBack(slot: slot, to: position)
    }

    func copy(from source: Int, to slot: Int, count: Int) throws(ModelError) {
        try self.model.copy(from: source, to: slot, count: count)
    }
}
