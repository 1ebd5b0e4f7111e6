import CommandSupport
import Widening

extension CommandError {
    init(_ error: WideningError) {
        switch error {
        case .tooNarrow, .notWholeHeads, .notWholeGroups, .tooFewLayers, .feedForwardTooNarrow, .tooLarge,
            .notWholeBlocks:
            self.init(.usage, error.description)
        case .notLlama, .unusualShape, .missingTensor, .unknownTensor, .tensorType:
            self.init(.badData, error.description)
        case .file(let error): self.init(error)
        }
    }
}
