internal import Llama

/// Writes a copy of a model whose numbers are stored in another type, once.
///
/// The copy appears whole under its name, or not at all.
public final class ModelQuantizer: Sendable {
    /// A type of file, under llama.cpp's name.
    public struct FileType: Hashable, Sendable, CustomStringConvertible {
        fileprivate let value: Llama.FileType

        /// Those that can be written without an importance matrix, from the finest to the coarsest.
        public static let all = Llama.FileType.allCases.map { Self(value: $0) }

        fileprivate init(value: Llama.FileType) {
            self.value = value
        }

        /// Finds a type by its name, in any case: `Q4_K_M`, `q8_0`, or `Q4_K`, which is `Q4_K_M`.
        public init?(_ name: String) {
            guard let value = Llama.FileType(name: name) else { return nil }
            self.init(value: value)
        }

        public var description: String { self.value.rawValue }
    }

    /// What was written.
    public struct Copy: Equatable, Sendable {
        /// How many tensors each type has.
        public var types: [String: Int]
        /// Where the library took another type than was asked for, and why, in sentences for people.
        public var notes: [String]
    }

    private let path: String
    private let quantizer: Quantizer

    /// Makes sure that there is a model, and a place for its copy.
    public init(path: String, output: String, type: FileType) throws(ModelError) {
        self.path = path
        do throws(LlamaError) {
            self.quantizer = try Quantizer(path: path, output: output, type: type.value)
        } catch {
            throw ModelError(error, path: path)
        }
    }

    /// Tensors of the model.
    public var count: Int { self.quantizer.count }

    /// Writes the copy, with a thread for each core.
    ///
    /// - Parameter onTensor: is called for each tensor that is done.
    public func run(onTensor: @escaping @Sendable () -> Void = {}) throws(ModelError) -> Copy {
        do throws(LlamaError) {
            let result = try self.quantizer.run(onTensor: onTensor)
            return Copy(
                types: result.types, notes: result.fallbacks.map { $0.note(tensors: $1) }.sorted())
        } catch {
            throw ModelError(error, path: self.path)
        }
    }

    /// Leaves nothing of the copy behind, now; `run` cannot be stopped, but what it writes from now on is nowhere.
    public func abandon() {
        self.quantizer.abandon()
    }
}

extension Quantizer.Fallback {
    fileprivate func note(tensors: Int) -> String {
        """
        \(tensors == 1 ? "1 tensor has" : "\(tensors) tensors have") rows of \(self.columns) numbers, and \(self.type) \
        stores numbers by \(self.blockSize): stored as \(self.instead) instead
        """
    }
}
