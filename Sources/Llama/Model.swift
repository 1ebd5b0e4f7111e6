internal import CLlama

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// The weights and the vocabulary of a GGUF file.
public final class Model {
    let pointer: OpaquePointer
    let path: String
    /// Digest of the file, and of all its parts where the model is split: `GGUFFile.fingerprint`.
    public let fingerprint: UInt64
    /// Share of the weights that lies in large pages; `nil` where that does not matter: of small models, on a device, and
    /// where the system has no such thing.
    public let largePageShare: Float?

    /// Loads a file.
    ///
    /// - Parameters:
    ///   - offload: which layers devices take.
    ///   - repacksWeights: whether the library may reorder weights for kernels that compute several rows at once.
    /// - Throws: `LlamaError` when the file is missing, is not a GGUF file, is damaged, or holds a model of a kind that
    ///   cannot continue a text; and when a device or a server is missing.
    public init(path: String, offload: Offload = Offload(), repacksWeights: Bool = true) throws(LlamaError) {
        try Library.prepare()
        let file = try Self.checkHead(of: path)
        try offload.prepare()

        var parameters = llama_model_default_params()
        parameters.use_extra_bufts = repacksWeights
        if !offload.usesDevices { WeightMemory.prepare(&parameters, path: path) }
        let largePages = WeightMemory.largePageBytes
        let (loaded, error) = LlamaLog.listening {
            offload.complete(parameters) { llama_model_load_from_file(path, $0) }
        }
        guard let loaded else {
            throw .notLoadable(path, reason: error ?? "the library gives no reason")
        }
        self.pointer = loaded
        self.path = path
        self.largePageShare =
            offload.usesDevices ? nil : WeightMemory.largePageShare(before: largePages, size: llama_model_size(loaded))
        // After loading, which has read all of it.
        do throws(LlamaError) {
            self.fingerprint = try file.fingerprint()
        } catch {
            llama_model_free(loaded)
            throw error
        }
        if let fault = self.fault { throw .notLoadable(path, reason: fault) }
    }

    deinit {
        llama_model_free(self.pointer)
    }

    public var vocabulary: ModelVocabulary { ModelVocabulary(model: self) }
    public var parameters: UInt64 { llama_model_n_params(self.pointer) }
    /// How most of the weights are stored, such as `F16` or `Q4_K_M`.
    public var weightType: String {
        // A file that does not tell is guessed at, and marked as such.
        let type = llama_ftype(llama_model_ftype(self.pointer).rawValue & ~LLAMA_FTYPE_GUESSED.rawValue)
        return FileType(type)?.rawValue ?? String(cString: llama_ftype_name(type))
    }
    /// Tokens that the model was trained to look back on.
    public var trainedContext: Int { Int(llama_model_n_ctx_train(self.pointer)) }

    /// The name that the file gives, or else the file's own.
    public var name: String {
        self.metadata("general.name") ?? String(self.path.split(separator: "/").last ?? "")
    }

    /// A scalar value of the file's metadata as text; `nil` when there is none or it is empty.
    public func metadata(_ key: String) -> String? {
        let capacity = 512
        let value = withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { buffer in
            llama_model_meta_val_str(self.pointer, key, buffer.baseAddress, capacity) > 0
                ? String(cString: buffer.baseAddress!) : ""
        }
        return value.isEmpty ? nil : value
    }

    /// The chat template of the file, in Jinja's language; `nil` when there is none.
    public var chatTemplate: ChatTemplate? {
        llama_model_chat_template(self.pointer, nil).map { ChatTemplate(source: String(cString: $0)) }
    }

    /// Why the model cannot continue a text, in words for people.
    private var fault: String? {
        if llama_model_has_encoder(self.pointer) { return "it is an encoder, and only decoders can continue a text" }
        if !llama_model_has_decoder(self.pointer) { return "it has no decoder" }
        if llama_model_is_diffusion(self.pointer) { return "it is a diffusion model, which writes no token by token" }
        if self.vocabulary.size == 0 { return "it has no vocabulary" }
        return nil
    }

    /// Blocks and experts that the library has room for.
    private static let mostBlocks = 512
    private static let mostExperts = 512

    /// Refuses what the library would end the process for.
    ///
    /// - Returns: the file, or its first part.
    private static func checkHead(of path: String) throws(LlamaError) -> GGUFFile {
        try Self.checkMagic(of: path)
        let file = try GGUFFile(path: path)
        guard let kind = file.text("general.architecture") else { return file }
        func check(_ key: String, _ range: ClosedRange<Int>) throws(LlamaError) {
            guard let number = file.integer("\(kind).\(key)"), !range.contains(number) else { return }
            throw .notLoadable(
                path, reason: "\(kind).\(key) is \(number), and not from \(range.lowerBound) to \(range.upperBound)")
        }
        try check("block_count", 1...Self.mostBlocks)
        try check("expert_count", 0...Self.mostExperts)
        let experts = file.integer("\(kind).expert_count") ?? 0
        if experts > 0, !file.has("\(kind).expert_used_count") {
            throw .notLoadable(path, reason: "it has experts, but \(kind).expert_used_count is missing")
        }
        try check("expert_used_count", experts > 0 ? 1...experts : 0...0)
        return file
    }

    private static func checkMagic(of path: String) throws(LlamaError) {
        guard let file = fopen(path, "rb") else {
            let code = errno
            if code == ENOENT || code == ENOTDIR { throw .fileMissing(path) }
            throw .notLoadable(path, reason: String(cString: strerror(code)))
        }
        defer { fclose(file) }
        var magic: [UInt8] = [0, 0, 0, 0]
        let count = fread(&magic, 1, magic.count, file)
        guard count == magic.count, magic == Array("GGUF".utf8) else {
            throw .notLoadable(path, reason: "it does not begin as a GGUF file does")
        }
    }
}
