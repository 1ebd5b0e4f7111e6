internal import CLlama

/// Writes a copy of a model whose numbers are stored in another type, once.
///
/// The copy appears whole under its name, or not at all.
public final class Quantizer: Sendable {
    /// Tensors that could not be stored in the type that their file's type has for them: their rows are not a whole
    /// number of its blocks.
    public struct Fallback: Hashable, Sendable {
        public var columns: Int
        public var blockSize: Int
        /// The type that was due.
        public var type: String
        /// The type of smaller blocks, or of none, that the library took instead.
        public var instead: String
    }

    public struct Result: Equatable, Sendable {
        /// Tensors by the name of their type.
        public var types: [String: Int]
        public var fallbacks: [Fallback: Int]
    }

    /// Tensors of the model.
    public let count: Int
    private let path: String
    private let file: PartialFile
    private let type: FileType

    /// Makes sure that there is a model, and a place for its copy.
    ///
    /// - Throws: `LlamaError`.
    public init(path: String, output: String, type: FileType) throws(LlamaError) {
        self.count = try GGUFFile(path: path).tensors.count
        self.path = path
        self.file = try PartialFile(for: output)
        self.type = type
    }

    /// Writes the copy; the library then works with a thread for each core.
    ///
    /// - Parameter onTensor: is called for each tensor that is done.
    /// - Throws: `LlamaError.notLoadable` or `.notWritable`.
    public func run(onTensor: @escaping @Sendable () -> Void = {}) throws(LlamaError) -> Result {
        var parameters = llama_model_quantize_default_params()
        parameters.ftype = self.type.value
        parameters.allow_requantize = true
        let (code, log) = LlamaLog.recording(
            // The library tells the size of each tensor when it comes to its end.
            onInformation: { if $0.hasPrefix("size = ") { onTensor() } },
            of: { llama_model_quantize(self.path, self.file.path, &parameters) })
        guard code == 0 else { throw self.fault(log.errors) }
        let written = try GGUFFile(path: self.file.path)
        try self.file.finish()
        return Result(
            types: Dictionary(written.tensors.map { ("\($0.type)", 1) }, uniquingKeysWith: +),
            fallbacks: Self.fallbacks(in: log.warnings))
    }

    /// Leaves nothing of the copy behind, now; `run` cannot be stopped, but what it writes from now on is nowhere.
    public func abandon() {
        self.file.discard()
    }

    /// Why the library failed.
    private func fault(_ errors: [String]) -> LlamaError {
        let line = errors.last ?? "the library gives no reason"
        let reason = line.firstRange(of: "failed to quantize: ").map { String(line[$0.upperBound...]) } ?? line
        // That its stream failed is all that the library says of a full disk.
        if reason.contains("iostream error") {
            return self.file.writingFault ?? .notWritable(self.file.destination, reason: reason)
        }
        return .notLoadable(self.path, reason: reason)
    }

    private static func fallbacks(in warnings: [String]) -> [Fallback: Int] {
        let pattern =
            /- ncols +(\d+) not divisible by +(\d+) \(required for type +(\S+)\).*-> falling back to +(\S+)/
        let fallbacks = warnings.compactMap { line -> Fallback? in
            guard let match = line.firstMatch(of: pattern), let columns = Int(match.1), let blockSize = Int(match.2)
            else { return nil }
            return Fallback(
                columns: columns, blockSize: blockSize, type: String(match.3), instead: String(match.4))
        }
        return Dictionary(fallbacks.map { ($0, 1) }, uniquingKeysWith: +)
    }
}
