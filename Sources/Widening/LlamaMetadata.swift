internal import Foundation
internal import Llama

private enum Key {
    static let architecture = "general.architecture"
    static let name = "general.name"
    static let sizeLabel = "general.size_label"
    static let fileType = "general.file_type"
    static let width = "llama.embedding_length"
    static let layers = "llama.block_count"
    static let feedForward = "llama.feed_forward_length"
    static let heads = "llama.attention.head_count"
    static let keyValueHeads = "llama.attention.head_count_kv"
    static let epsilon = "llama.attention.layer_norm_rms_epsilon"
}

extension GGUFFile {
    /// - Throws: `WideningError.notLlama`, or `.unusualShape`.
    var llamaShape: LlamaShape {
        get throws(WideningError) {
            let architecture = self.text(Key.architecture) ?? ""
            guard architecture == "llama" else { throw .notLlama(architecture: architecture) }
            guard let vocabulary = self.tensors.first(where: { $0.name == "token_embd.weight" }) else {
                throw .missingTensor("token_embd.weight")
            }
            let heads = try self.size(Key.heads)
            return LlamaShape(
                width: try self.size(Key.width), layers: try self.size(Key.layers),
                feedForward: try self.size(Key.feedForward), heads: heads,
                keyValueHeads: self.integer(Key.keyValueHeads) ?? heads, vocabulary: vocabulary.rows)
        }
    }

    var epsilon: Float {
        get throws(WideningError) {
            guard let epsilon = self.number(Key.epsilon) else {
                throw .unusualShape(reason: "it has no \(Key.epsilon)")
            }
            return epsilon
        }
    }

    private func size(_ key: String) throws(WideningError) -> Int {
        guard let size = self.integer(key) else { throw .unusualShape(reason: "it has no single \(key)") }
        return size
    }
}

extension GGUFWriter {
    /// Sets what has changed.
    func describe(
        _ widening: Widening, of source: GGUFFile, type: ModelWidener.NumberType?, seed: UInt64?, parameters: Int
    ) throws(WideningError) {
        let new = widening.new
        let sizes = [
            (Key.width, new.width), (Key.layers, new.layers), (Key.feedForward, new.feedForward),
            (Key.heads, new.heads), (Key.keyValueHeads, new.keyValueHeads),
        ]
        for (key, size) in sizes { self.set(key, UInt32(size)) }
        self.set(Key.epsilon, try source.epsilon * widening.epsilonScale)

        var name = source.text(Key.name) ?? "llama"
        if new != widening.old { name += ", widened to \(new.width) x \(new.layers) x \(new.feedForward)" }
        if let seed { name += ", random weights of seed \(seed)" }
        self.set(Key.name, name)
        self.set(Key.sizeLabel, String(format: "%.3gM", Double(parameters) / 1e6))
        if let type { self.set(Key.fileType, type.fileType) }
    }
}

extension WideTensor {
    /// The type to store it in, where it can be.
    ///
    /// - Throws: also when the tensor has not the shape that the metadata says.
    func type(from source: GGUFFile, wanted: ModelWidener.NumberType?) throws(WideningError) -> TensorType {
        let old = source.tensors.first { $0.name == self.source }!
        guard old.rows == self.rows.oldSize, old.columns == self.columns.oldSize else {
            throw .unusualShape(
                reason: "\(old.name) is \(old.columns) x \(old.rows), "
                    + "where \(self.columns.oldSize) x \(self.rows.oldSize) would be usual")
        }
        guard old.type.isReadable else { throw .tensorType("\(old.type)", tensor: old.name) }
        if old.rows == 1 { return .f32 }
        let type = wanted?.tensorType ?? old.type
        guard ModelWidener.NumberType.allCases.contains(where: { $0.tensorType == type }) else {
            throw .tensorType("\(type)", tensor: old.name)
        }
        guard self.columns.size.isMultiple(of: type.blockSize) else {
            throw .notWholeBlocks(
                tensor: self.name, columns: self.columns.size, type: "\(type)", blockSize: type.blockSize)
        }
        return type
    }
}

extension ModelWidener.NumberType {
    fileprivate var tensorType: TensorType {
        switch self {
        case .f32: .f32
        case .f16: .f16
        case .bf16: .bf16
        case .q8: .q8
        }
    }

    /// As the format numbers the type of most of a file.
    fileprivate var fileType: UInt32 {
        switch self {
        case .f32: 0
        case .f16: 1
        case .q8: 7
        case .bf16: 32
        }
    }
}
