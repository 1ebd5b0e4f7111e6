/// What becomes of a tensor: its new name, and where its numbers go.
struct WideTensor: Equatable, Sendable {
    var name: String
    /// The name of the old tensor that its numbers are from.
    var source: String
    var rows: Axis
    var columns: Axis
    /// What each number is multiplied with.
    var scale: Float = 1

    /// - Parameter old: gives a row of the old tensor.
    func row<Failure: Error>(_ index: Int, of old: (Int) throws(Failure) -> [Float]) throws(Failure) -> [Float] {
        guard self.scale != 0, let oldIndex = self.rows.oldIndex(of: index) else {
            return [Float](repeating: 0, count: self.columns.size)
        }
        let wide = self.columns.spread(try old(oldIndex))
        return self.scale == 1 ? wide : wide.map { $0 * self.scale }
    }
}

extension Widening {
    /// All tensors of the new model, those of new layers last.
    ///
    /// - Parameter old: names of the tensors of the old model.
    /// - Throws: when one is missing, or is there that a Llama model does not have.
    func tensors(of old: [String]) throws(WideningError) -> [WideTensor] {
        var tensors: [WideTensor] = []
        for name in old {
            guard let tensor = self.tensor(name) else { throw .unknownTensor(name) }
            tensors.append(tensor)
        }
        let names = Set(tensors.map(\.name))
        let wanted =
            ["token_embd.weight", "output_norm.weight"]
            + (0..<self.old.layers).flatMap { layer in Self.parts.map { "blk.\(layer).\($0)" } }
        if let missing = wanted.first(where: { !names.contains($0) }) { throw .missingTensor(missing) }

        for layer in self.old.layers..<self.new.layers {
            for part in Self.parts {
                var tensor = self.tensor("blk.\(self.old.layers - 1).\(part)")!
                tensor.name = "blk.\(layer).\(part)"
                if part == "attn_output.weight" || part == "ffn_down.weight" { tensor.scale = 0 }
                tensors.append(tensor)
            }
        }
        return tensors
    }

    /// Names of the tensors of a layer.
    private static let parts = [
        "attn_norm", "attn_q", "attn_k", "attn_v", "attn_output", "ffn_norm", "ffn_gate", "ffn_up", "ffn_down",
    ].map { "\($0).weight" }

    /// - Returns: `nil` when a Llama model has no such tensor.
    private func tensor(_ name: String) -> WideTensor? {
        let words = name.split(separator: ".", omittingEmptySubsequences: false)
        let isInLayer = words.count == 4 && words[0] == "blk"
        if isInLayer {
            guard let layer = Int(words[1]), (0..<self.old.layers).contains(layer) else { return nil }
        }
        let part = isInLayer ? words[2...].joined(separator: ".") : name

        func tensor(_ rows: Axis, _ columns: Axis, scale: Float = 1) -> WideTensor {
            WideTensor(name: name, source: name, rows: rows, columns: columns, scale: scale)
        }
        let one = Axis(1, paddedTo: 1)
        let tokens = Axis(self.old.vocabulary, paddedTo: self.new.vocabulary)
        let width = Axis(self.old.width, paddedTo: self.new.width)
        let feedForward = Axis(self.old.feedForward, paddedTo: self.new.feedForward)
        let size = self.old.headSize
        let heads = Axis(blocks: self.headMap, of: size, in: self.new.heads)
        let keys = Axis(self.old.keyValueHeads * size, paddedTo: self.new.keyValueHeads * size)
        return switch (isInLayer, part) {
        case (false, "token_embd.weight"), (false, "output.weight"): tensor(tokens, width)
        case (false, "output_norm.weight"): tensor(one, width, scale: self.normScale)
        case (false, "rope_freqs.weight"): tensor(one, Axis(size / 2, paddedTo: size / 2))
        case (true, "attn_norm.weight"), (true, "ffn_norm.weight"): tensor(one, width, scale: self.normScale)
        case (true, "attn_q.weight"): tensor(heads, width)
        case (true, "attn_k.weight"), (true, "attn_v.weight"): tensor(keys, width)
        case (true, "attn_output.weight"): tensor(width, heads)
        case (true, "ffn_gate.weight"), (true, "ffn_up.weight"): tensor(feedForward, width)
        case (true, "ffn_down.weight"): tensor(width, feedForward)
        default: nil
        }
    }
}
