import Dispatch
import ForetokenEngine
import Speculation
import Synchronization

/// A model whose passes can be made to hang, as those of a device that does not answer any more.
final class HangingModel: LanguageModel {
    /// Lets passes hang, and go on.
    final class Brake: Sendable {
        /// Whether the model is said to have layers on a device.
        let usesDevice: Bool
        private let isOn = Atomic(false)
        private let hangs = Atomic(false)
        private let release = DispatchSemaphore(value: 0)

        init(usesDevice: Bool = true) {
            self.usesDevice = usesDevice
        }

        /// Whether a pass hangs now.
        var isHanging: Bool { self.hangs.load(ordering: .relaxed) }

        func hang() { self.isOn.store(true, ordering: .relaxed) }

        func goOn() {
            self.isOn.store(false, ordering: .relaxed)
            self.release.signal()
        }

        fileprivate func pass() {
            guard self.isOn.load(ordering: .relaxed) else { return }
            self.hangs.store(true, ordering: .relaxed)
            self.release.wait()
            self.hangs.store(false, ordering: .relaxed)
        }
    }

    private let model: SyntheticModel
    private let brake: Brake

    init(_ model: SyntheticModel, _ brake: Brake) {
        self.model = model
        self.brake = brake
    }

    var description: ModelDescription {
        var description = self.model.description
        description.execution = Execution(usesDevice: self.brake.usesDevice)
        return description
    }
    var vocabulary: Vocabulary { self.model.vocabulary }
    var tokenizer: any Tokenizer { self.model.tokenizer }
    var slots: Int { self.model.slots }
    var maxRows: Int { self.model.maxRows }
    var canRollBack: Bool { self.model.canRollBack }

    func decode(_ rows: [Row]) throws(ModelError) {
        self.brake.pass()
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
