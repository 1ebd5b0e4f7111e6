internal import CLlama

/// Takes a fingerprint of what passes compute for each row: of each product with weights, and of each attention.
///
/// Two ways to compute a row agree to the last bit where its fingerprints are equal. Logits alone would tell less: between
/// quantized layers most small differences vanish, and come back in another row.
final class PassObserver {
    /// What the rows of the latest observed pass came to, each in one number.
    private(set) var fingerprints: [UInt64] = []
    /// Whether anything of the latest pass was seen.
    private(set) var hasSeen = false
    /// Whether passes are observed; one is computed operation by operation then.
    private var isObserving = false
    private var bytes: [UInt8] = []

    /// Observes a pass of that many rows, all of which want logits, and all slots of which bring equally many.
    func observe<Result>(rows: Int, _ pass: () -> Result) -> Result {
        self.fingerprints = Array(repeating: 0xcbf2_9ce4_8422_2325, count: rows)
        self.isObserving = true
        self.hasSeen = false
        defer { self.isObserving = false }
        return pass()
    }

    /// Has a context that is made with these parameters call the observer, which must live as long as the context.
    func attach(to parameters: inout llama_context_params) {
        parameters.cb_eval_user_data = Unmanaged.passUnretained(self).toOpaque()
        parameters.cb_eval = { tensor, asks, observer in
            guard let tensor, let observer else { return true }
            let this = Unmanaged<PassObserver>.fromOpaque(observer).takeUnretainedValue()
            guard this.isObserving, PassObserver.isTelling(tensor) else { return !asks }
            if !asks { this.take(tensor) }
            return true
        }
    }

    /// Scores of attention are told behind the softmax: before it they hold those of rows that are masked.
    private static func isTelling(_ tensor: UnsafeMutablePointer<ggml_tensor>) -> Bool {
        switch tensor.pointee.op {
        case GGML_OP_MUL_MAT: !String(cString: ggml_get_name(tensor)).hasPrefix("kq-")
        case GGML_OP_MUL_MAT_ID, GGML_OP_SOFT_MAX, GGML_OP_FLASH_ATTN_EXT: true
        default: false
        }
    }

    private func take(_ tensor: UnsafeMutablePointer<ggml_tensor>) {
        let (ne, nb) = (tensor.pointee.ne, tensor.pointee.nb)
        guard tensor.pointee.type == GGML_TYPE_F32, nb.0 == MemoryLayout<Float>.size else { return }
        // Rows lie along one dimension; of attention those of each slot, and slots along the last.
        let isInner = tensor.pointee.op == GGML_OP_MUL_MAT || tensor.pointee.op == GGML_OP_SOFT_MAX
        let rows = Int(isInner ? ne.1 : ne.2)
        guard rows == self.fingerprints.count || rows * Int(ne.3) == self.fingerprints.count else { return }
        self.hasSeen = true
        let count = ggml_nbytes(tensor)
        if self.bytes.count < count { self.bytes = [UInt8](repeating: 0, count: count) }
        self.bytes.withUnsafeMutableBytes { bytes in
            ggml_backend_tensor_get(tensor, bytes.baseAddress!, 0, count)
            for outer in 0..<Int(ne.3) {
                for middle in 0..<Int(ne.2) {
                    for inner in 0..<Int(ne.1) {
                        let row = (isInner ? inner : middle) + (rows == self.fingerprints.count ? 0 : outer * rows)
                        let offset = outer * Int(nb.3) + middle * Int(nb.2) + inner * Int(nb.1)
                        self.fingerprints[row] = foretoken_mix(
                            self.fingerprints[row], bytes.baseAddress! + offset, Int(ne.0))
                    }
                }
            }
        }
    }
}
