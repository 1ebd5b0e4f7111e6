/// What can go wrong with a model, in words for people.
public enum ModelError: Error, Equatable, Sendable, CustomStringConvertible {
    case fileMissing(String)
    /// The file is there but no model that the library can load.
    case notLoadable(String, reason: String)
    /// The library found here is not the one this program was written for.
    case wrongLibrary(found: String, wanted: String)
    /// Layers were to be kept on a device, but the library was built for none.
    case noDevice
    /// Passes were to agree to the last bit, and none do.
    case notExact(String, reason: String)
    case cannotTokenize(reason: String)
    /// A prompt has at least that many tokens, which is more than a slot holds.
    case promptTooLong(leastTokens: Int)
    /// The model has a chat template of its own, but the library cannot render it.
    case unknownChatTemplate
    case noRoom(reason: String)
    /// Rows that no pass can hold: an unknown token or slot, or a gap between positions. The slots are as they were.
    case invalidRows(reason: String)
    case cannotRollBack(reason: String)
    case decodeFailed(code: Int32)
    case notWritable(String, reason: String)

    public var description: String {
        switch self {
        case .fileMissing(let path): "no model file at \(path)"
        case .notLoadable(let path, let reason): "\(path) is not a model that can be loaded: \(reason)"
        case .wrongLibrary(let found, let wanted):
            "libllama is version \(found), but this program needs \(wanted); run deploy/bootstrap"
        case .noDevice:
            "libllama was built without a device for GPU layers; "
                + "run FORETOKEN_CMAKE_ARGS=-DGGML_CUDA=on deploy/bootstrap, or ask for 0 GPU layers"
        case .notExact(let path, let reason):
            "\(path) cannot be served exactly on this machine: \(reason); serve it without --exact"
        case .cannotTokenize(let reason): "the prompt cannot be tokenized: \(reason)"
        case .promptTooLong(let tokens): "the prompt has at least \(tokens) tokens, which no slot holds"
        case .unknownChatTemplate:
            "the chat template of this model is of a kind that libllama does not know; "
                + "put the chat in order yourself, and send it as a text"
        case .noRoom(let reason): "the model has no room: \(reason)"
        case .invalidRows(let reason): "the model was given rows that it cannot compute: \(reason)"
        case .cannotRollBack(let reason): "the model cannot take back tokens: \(reason)"
        case .decodeFailed(let code): "the model failed with code \(code) of llama_decode"
        case .notWritable(let path, let reason): "\(path) cannot be written: \(reason)"
        }
    }
}
