/// What can go wrong with a model, in words for people.
public enum ModelError: Error, Equatable, Sendable, CustomStringConvertible {
    case fileMissing(String)
    /// The file is there but no model that the library can load.
    case notLoadable(String, reason: String)
    /// The library found here is not the one this program was written for.
    case wrongLibrary(found: String, wanted: String)
    /// Layers were to be kept on a device, but there is none of the kinds that the library was built for.
    case noDevice(builtFor: [String])
    /// More devices were spoken of than there are, which are these.
    case tooFewDevices([String], wanted: Int)
    /// Layers were to lie on servers, but the library was built without llama.cpp's RPC.
    case noRPC
    /// A server for layers, by its address, does not answer as one.
    case noServer(String, reason: String)
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
        case .noDevice(let kinds):
            kinds.isEmpty
                ? "libllama was built without a device for GPU layers; "
                    + "run FORETOKEN_CMAKE_ARGS=-DGGML_CUDA=on deploy/bootstrap, or ask for 0 GPU layers"
                : "libllama was built for \(kinds.joined(separator: " and ")), but finds no such device; look whether its "
                    + "driver is there (nvidia-smi for CUDA) and shows it to this process (CUDA_VISIBLE_DEVICES, a "
                    + "container's devices), or ask for 0 GPU layers"
        case .tooFewDevices(let names, let wanted):
            "--tensor-split or --main-gpu speaks of \(wanted) devices, but there are \(names.count): "
                + names.joined(separator: ", ")
        case .noRPC:
            "libllama was built without llama.cpp's RPC, which --rpc needs; "
                + "run FORETOKEN_CMAKE_ARGS=-DGGML_RPC=ON deploy/bootstrap"
        case .noServer(let address, let reason):
            "no RPC server at \(address): \(reason). Start ggml-rpc-server there first, of the same llama.cpp, "
                + "for this target alone"
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
