internal import ForetokenEngine
internal import Llama

/// Writes a wider and deeper copy of a model, tensor by tensor. Used by one thread at a time.
///
/// A copy that is not finished leaves no file behind.
public final class ModelWidener {
    /// How the numbers of matrices are stored. Vectors are always f32.
    public enum NumberType: String, CaseIterable, Sendable {
        case f32, f16, bf16
        case q8 = "q8_0"
    }

    public let widening: Widening
    /// Numbers in all tensors.
    public let parameters: Int
    private let path: String
    private let output: String
    private let source: GGUFFile
    private let writer: GGUFWriter
    private let tensors: [WideTensor]
    private let noise: RowNoise?
    private var written = 0

    /// Reads all but the numbers, and makes sure that the model can be widened so.
    ///
    /// - Parameters:
    ///   - width: and `layers`, `feedForward`: as for `Widening`.
    ///   - type: of the numbers of matrices; by default each keeps its own.
    ///   - seed: where there is one, matrices get noise of their scale in place of their numbers.
    public init(
        path: String, width: Int? = nil, layers: Int? = nil, feedForward: Int? = nil, type: NumberType? = nil,
        seed: UInt64? = nil, output: String
    ) throws(WideningError) {
        let source = try onFile(path) { () throws(LlamaError) in try GGUFFile(path: path) }
        let widening = try Widening(of: try source.llamaShape, width: width, layers: layers, feedForward: feedForward)
        let tensors = try widening.tensors(of: source.tensors.map(\.name))
        var types: [TensorType] = []
        for tensor in tensors { types.append(try tensor.type(from: source, wanted: type)) }

        let writer = try onFile(output) { () throws(LlamaError) in
            try GGUFWriter(path: output, metadataOf: source)
        }
        let parameters = tensors.reduce(0) { $0 + $1.rows.size * $1.columns.size }
        try writer.describe(widening, of: source, type: type, seed: seed, parameters: parameters)
        for (tensor, type) in zip(tensors, types) {
            writer.add(tensor.name, rows: tensor.rows.size, columns: tensor.columns.size, type: type)
        }
        self.widening = widening
        self.parameters = parameters
        self.path = path
        self.output = output
        self.source = source
        self.writer = writer
        self.tensors = tensors
        self.noise = seed.map { RowNoise(seed: $0) }
    }

    /// Tensors to be written.
    public var count: Int { self.tensors.count }

    /// Writes the next tensor, or after the last one gives the file its name.
    ///
    /// - Returns: whether there is more to be done.
    public func writeNext() throws(WideningError) -> Bool {
        guard self.written < self.tensors.count else {
            try onFile(self.output) { () throws(LlamaError) in try self.writer.finish() }
            return false
        }
        let tensor = self.tensors[self.written]
        let index = self.source.tensors.firstIndex { $0.name == tensor.source }!
        let old = self.source.tensors[index]
        try onFile(self.path) { () throws(LlamaError) in
            try self.writer.writeNext { row throws(LlamaError) in
                try tensor.row(row) { oldRow throws(LlamaError) in
                    let numbers = try self.source.row(oldRow, of: old)
                    guard let noise = self.noise, old.rows > 1 else { return numbers }
                    return noise.row(like: numbers, oldRow, of: index)
                }
            }
        }
        self.written += 1
        return true
    }
}

/// Says what libllama refused in the words of widening.
private func onFile<Result>(
    _ path: String, _ body: () throws(LlamaError) -> Result
) throws(WideningError) -> Result {
    do { return try body() } catch { throw .file(ModelError(error, path: path)) }
}
