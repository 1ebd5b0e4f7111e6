internal import CLlama

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// Tells models apart by what their files hold.
extension GGUFFile {
    /// Digest of the model whose first file this is, with all its parts where it is split: of each file the size, the whole
    /// head, which has the metadata and the types of all tensors, and stretches of every tensor.
    ///
    /// Equal files have equal fingerprints, wherever they lie. It reads about a kilobyte of each tensor, so that it costs
    /// milliseconds for a model of any size, and a change of a few numbers between the stretches goes unseen; one that
    /// training or another type of numbers makes is everywhere. Never 0.
    ///
    /// - Throws: `LlamaError.notLoadable` where a file ends early, or a part is missing.
    func fingerprint() throws(LlamaError) -> UInt64 {
        var fingerprint = try self.mixed(into: 0xcbf2_9ce4_8422_2325)
        for path in self.furtherParts { fingerprint = try GGUFFile(path: path).mixed(into: fingerprint) }
        return fingerprint == 0 ? 1 : fingerprint
    }

    /// Bytes of a stretch, and stretches of a tensor: its first bytes, its last ones, and others evenly between.
    private static let stretch = 256
    private static let stretches = 4
    /// Bytes of the head that are read at once.
    private static let chunk = 1 << 20

    /// Files behind the first of a model that is split, by the names that the library gives them.
    private var furtherParts: [String] {
        guard let count = self.integer("split.count"), count > 1 else { return [] }
        let capacity = self.path.utf8.count + 32
        func name(_ write: (UnsafeMutablePointer<CChar>) -> Int32) -> String? {
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { buffer in
                write(buffer.baseAddress!) > 0 ? String(cString: buffer.baseAddress!) : nil
            }
        }
        let prefix = name { llama_split_prefix($0, capacity, self.path, 0, Int32(count)) }
        guard let prefix else { return [] }
        return (1..<count).compactMap { part in
            name { llama_split_path($0, capacity, prefix, Int32(part), Int32(count)) }
        }
    }

    private func mixed(into former: UInt64) throws(LlamaError) -> UInt64 {
        var status = stat()
        guard fstat(fileno(self.file), &status) == 0 else {
            throw .notLoadable(self.path, reason: String(cString: strerror(errno)))
        }
        let size = UInt64(status.st_size)
        var fingerprint = foretoken_mix(former, [UInt32(truncatingIfNeeded: size), UInt32(size >> 32)], 2)
        let head = min(Int(size), gguf_get_data_offset(self.pointer))
        for begin in stride(from: 0, to: head, by: Self.chunk) {
            fingerprint = try self.mixed(begin, min(Self.chunk, head - begin), into: fingerprint)
        }
        for (index, tensor) in self.tensors.enumerated() {
            let count = gguf_get_tensor_size(self.pointer, Int64(index))
            if count <= Self.stretches * Self.stretch {
                fingerprint = try self.mixed(tensor.offset, count, into: fingerprint)
                continue
            }
            for place in 0..<Self.stretches {
                let begin = (count - Self.stretch) / (Self.stretches - 1) * place
                fingerprint = try self.mixed(tensor.offset + begin, Self.stretch, into: fingerprint)
            }
        }
        return fingerprint
    }

    /// Mixes bytes of the file in.
    private func mixed(_ begin: Int, _ count: Int, into fingerprint: UInt64) throws(LlamaError) -> UInt64 {
        // Four bytes make a number; what the last one lacks is zeros.
        var bytes = [UInt8](repeating: 0, count: (count + 3) / 4 * 4)
        var read = 0
        while read < count {
            let more = bytes.withUnsafeMutableBytes {
                pread(fileno(self.file), $0.baseAddress! + read, count - read, off_t(begin + read))
            }
            guard more > 0 else { throw .notLoadable(self.path, reason: "it ends early") }
            read += more
        }
        return foretoken_mix(fingerprint, bytes, bytes.count / 4)
    }
}
