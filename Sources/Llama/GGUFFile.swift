internal import CLlama

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// The metadata and the tensors of a GGUF file, read without making a model of them. Used by one thread at a time.
public final class GGUFFile {
    /// A matrix of the file, or a vector, which is a matrix of one row.
    public struct Tensor: Equatable, Sendable {
        public var name: String
        public var rows: Int
        public var columns: Int
        public var type: TensorType
        /// Where its first row begins in the file.
        var offset: Int
    }

    public let path: String
    /// In the order of the file.
    public let tensors: [Tensor]
    let pointer: OpaquePointer
    let file: UnsafeMutablePointer<FILE>

    /// Opens a file and reads all but its numbers.
    ///
    /// - Throws: `LlamaError.fileMissing`, `.notLoadable` or `.wrongLibrary`.
    public init(path: String) throws(LlamaError) {
        try Library.prepare()
        guard let file = fopen(path, "rb") else {
            let code = errno
            if code == ENOENT || code == ENOTDIR { throw .fileMissing(path) }
            throw .notLoadable(path, reason: String(cString: strerror(code)))
        }
        let (read, error) = LlamaLog.listening {
            gguf_init_from_file_ptr(file, gguf_init_params(no_alloc: true, ctx: nil))
        }
        guard let read else {
            fclose(file)
            throw .notLoadable(path, reason: error ?? "it is not a GGUF file")
        }
        self.path = path
        self.file = file
        self.pointer = read
        let start = gguf_get_data_offset(read)
        self.tensors = (0..<gguf_get_n_tensors(read)).map { index in
            let shape = gguf_get_tensor_ne(read, index)!
            return Tensor(
                name: String(cString: gguf_get_tensor_name(read, index)),
                rows: Int(shape[1] * shape[2] * shape[3]), columns: Int(shape[0]),
                type: TensorType(value: gguf_get_tensor_type(read, index)),
                offset: start + gguf_get_tensor_offset(read, index))
        }
    }

    deinit {
        gguf_free(self.pointer)
        fclose(self.file)
    }

    /// Whether there is a value of whatever type.
    func has(_ key: String) -> Bool { gguf_find_key(self.pointer, key) >= 0 }

    /// A text of the metadata; `nil` when there is none.
    public func text(_ key: String) -> String? {
        self.value(key, of: GGUF_TYPE_STRING).map { String(cString: gguf_get_val_str(self.pointer, $0)) }
    }

    /// A whole number of 32 bits of the metadata, or one of 16 without a sign; `nil` when there is none.
    public func integer(_ key: String) -> Int? {
        self.value(key, of: GGUF_TYPE_UINT32).map { Int(gguf_get_val_u32(self.pointer, $0)) }
            ?? self.value(key, of: GGUF_TYPE_INT32).map { Int(gguf_get_val_i32(self.pointer, $0)) }
            ?? self.value(key, of: GGUF_TYPE_UINT16).map { Int(gguf_get_val_u16(self.pointer, $0)) }
    }

    /// A number of the metadata; `nil` when there is none.
    public func number(_ key: String) -> Float? {
        self.value(key, of: GGUF_TYPE_FLOAT32).map { gguf_get_val_f32(self.pointer, $0) }
    }

    /// The numbers of a row of a tensor of this file.
    ///
    /// - Precondition: the type of the tensor is readable.
    /// - Throws: `LlamaError.notLoadable` when the file ends before.
    public func row(_ index: Int, of tensor: Tensor) throws(LlamaError) -> [Float] {
        precondition(index >= 0 && index < tensor.rows && tensor.type.isReadable)
        let size = tensor.type.bytes(ofRow: tensor.columns)
        var bytes = [UInt8](repeating: 0, count: size)
        guard fseeko(self.file, off_t(tensor.offset + index * size), SEEK_SET) == 0,
            fread(&bytes, 1, size, self.file) == size
        else { throw .notLoadable(self.path, reason: "it ends within \(tensor.name)") }
        return tensor.type.decode(bytes, count: tensor.columns)
    }

    private func value(_ key: String, of type: gguf_type) -> Int64? {
        let index = gguf_find_key(self.pointer, key)
        return index >= 0 && gguf_get_kv_type(self.pointer, index) == type ? index : nil
    }
}
