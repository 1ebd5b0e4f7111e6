public import ForetokenEngine

/// Why a model cannot be widened, in words for people.
public enum WideningError: Error, Equatable, Sendable, CustomStringConvertible {
    case tooNarrow(Int, least: Int)
    case notWholeHeads(width: Int, headSize: Int)
    case notWholeGroups(heads: Int, groups: Int, headsPerGroup: Int)
    case tooFewLayers(Int, least: Int)
    case feedForwardTooNarrow(Int, least: Int)
    case tooLarge(Int, most: Int)
    /// Rows of this length are not a whole number of the type's blocks.
    case notWholeBlocks(tensor: String, columns: Int, type: String, blockSize: Int)
    case notLlama(architecture: String)
    case unusualShape(reason: String)
    case missingTensor(String)
    case unknownTensor(String)
    /// A tensor of a type that cannot be read, or, where no other was asked for, not written.
    case tensorType(String, tensor: String)
    /// A file cannot be read or written.
    case file(ModelError)

    public var description: String {
        switch self {
        case .tooNarrow(let width, let least):
            "width \(width) is narrower than the model, which is \(least) wide"
        case .notWholeHeads(let width, let headSize):
            "width \(width) is not a multiple of \(headSize), the size of the model's heads"
        case .notWholeGroups(let heads, let groups, let headsPerGroup):
            "\(heads) heads cannot be shared out over \(groups) or more groups of at least \(headsPerGroup), "
                + "as the model's are; try a width that is a multiple of the model's"
        case .tooFewLayers(let layers, let least): "\(layers) layers are fewer than the model's \(least)"
        case .feedForwardTooNarrow(let width, let least):
            "a feed-forward of \(width) is narrower than the model's, which is \(least)"
        case .tooLarge(let size, let most): "\(size) is more than \(most), beyond which there are no models"
        case .notWholeBlocks(let tensor, let columns, let type, let blockSize):
            "\(tensor) would have rows of \(columns) numbers, but \(type) stores them by \(blockSize); "
                + "choose another size or type"
        case .notLlama(let architecture):
            "the model is of the architecture \"\(architecture)\", and only \"llama\" can be widened"
        case .unusualShape(let reason): "the model has a shape that cannot be widened: \(reason)"
        case .missingTensor(let name): "the model lacks \(name): is it one file of several?"
        case .unknownTensor(let name):
            "the model has \(name), which a plain Llama model has not, so it cannot be widened"
        case .tensorType(let type, let tensor):
            "\(tensor) is of the type \(type); ask for another type, or take a file of f32, f16, bf16 or q8_0"
        case .file(let error): error.description
        }
    }
}
