internal import CLlama

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// A new GGUF file, which appears whole under its name, or not at all. Used by one thread at a time.
///
/// First the metadata is set and the tensors are named, then they are written in that order, then comes `finish`.
public final class GGUFWriter {
    private struct Tensor {
        var rows: Int
        var columns: Int
        var type: TensorType
    }

    private let path: String
    private let partialPath: String
    private let pointer: OpaquePointer
    private var file: UnsafeMutablePointer<FILE>?
    private var tensors: [Tensor] = []
    private var written = 0

    /// Begins a file with the metadata of another.
    ///
    /// - Throws: `LlamaError.notWritable`.
    public init(path: String, metadataOf source: GGUFFile) throws(LlamaError) {
        self.path = path
        self.partialPath = "\(path).\(getpid()).part"
        self.pointer = gguf_init_empty()
        gguf_set_kv(self.pointer, source.pointer)
        // The library lays tensors out as it does by default, whatever the other file said.
        gguf_remove_key(self.pointer, GGUF_KEY_GENERAL_ALIGNMENT)
        self.file = fopen(self.partialPath, "wbx")
        if self.file == nil { throw self.fault }
    }

    deinit {
        if let file = self.file {
            fclose(file)
            unlink(self.partialPath)
        }
        gguf_free(self.pointer)
    }

    public func set(_ key: String, _ value: UInt32) { gguf_set_val_u32(self.pointer, key, value) }
    public func set(_ key: String, _ value: Float) { gguf_set_val_f32(self.pointer, key, value) }
    public func set(_ key: String, _ value: String) { gguf_set_val_str(self.pointer, key, value) }

    /// Names a tensor that is to be written behind those named before.
    ///
    /// - Precondition: the name is new and at most 63 bytes long, the type can be written, and a row is a whole number
    ///   of its blocks.
    public func add(_ name: String, rows: Int, columns: Int, type: TensorType) {
        let size = ggml_tensor_overhead()
        let context = ggml_init(ggml_init_params(mem_size: size, mem_buffer: nil, no_alloc: true))
        defer { ggml_free(context) }
        let tensor = ggml_new_tensor_2d(context, type.value, Int64(columns), Int64(rows))
        ggml_set_name(tensor, name)
        gguf_add_tensor(self.pointer, tensor)
        self.tensors.append(Tensor(rows: rows, columns: columns, type: type))
    }

    /// Writes the next tensor, and before the first one all that was set.
    ///
    /// - Parameter row: gives the numbers of a row.
    /// - Throws: `LlamaError.notWritable`, and what `row` throws.
    public func writeNext(_ row: (Int) throws(LlamaError) -> [Float]) throws(LlamaError) {
        if self.written == 0 { try self.writeMetadata() }
        let tensor = self.tensors[self.written]
        for index in 0..<tensor.rows {
            let numbers = try row(index)
            precondition(numbers.count == tensor.columns)
            try self.write(tensor.type.encode(numbers))
        }
        let alignment = gguf_get_alignment(self.pointer)
        let rest = tensor.rows * tensor.type.bytes(ofRow: tensor.columns) % alignment
        if rest > 0 { try self.write([UInt8](repeating: 0, count: alignment - rest)) }
        self.written += 1
    }

    /// Gives the file its name, in place of one that has it.
    ///
    /// - Precondition: all tensors are written.
    /// - Throws: `LlamaError.notWritable`.
    public func finish() throws(LlamaError) {
        precondition(self.written == self.tensors.count)
        guard let file = self.file else { return }
        guard fflush(file) == 0, fsync(fileno(file)) == 0, rename(self.partialPath, self.path) == 0 else {
            throw self.fault
        }
        fclose(file)
        self.file = nil
    }

    private func writeMetadata() throws(LlamaError) {
        let size = gguf_get_meta_size(self.pointer)
        try self.checkRoom(for: size + self.tensors.reduce(0) { $0 + $1.rows * $1.type.bytes(ofRow: $1.columns) })
        try self.write(
            [UInt8](unsafeUninitializedCapacity: size) { bytes, initialized in
                gguf_get_meta_data(self.pointer, bytes.baseAddress!)
                initialized = size
            })
    }

    /// A disk is better not filled up only to find out that it is too small.
    private func checkRoom(for bytes: Int) throws(LlamaError) {
        var system = statvfs()
        guard statvfs(self.partialPath, &system) == 0 else { return }
        let free = Int(system.f_bavail) * Int(system.f_frsize)
        guard bytes <= free else {
            throw .notWritable(self.path, reason: "it takes \(bytes >> 20) MiB, and \(free >> 20) MiB are free")
        }
    }

    private func write(_ bytes: [UInt8]) throws(LlamaError) {
        guard fwrite(bytes, 1, bytes.count, self.file!) == bytes.count else { throw self.fault }
    }

    /// What the system refused last.
    private var fault: LlamaError { .notWritable(self.path, reason: String(cString: strerror(errno))) }
}
