internal import CLlama

/// How the numbers of a tensor are stored.
public struct TensorType: Equatable, Sendable, CustomStringConvertible {
    let value: ggml_type

    /// The types that rows can be written in.
    public static let f32 = TensorType(value: GGML_TYPE_F32)
    public static let f16 = TensorType(value: GGML_TYPE_F16)
    public static let bf16 = TensorType(value: GGML_TYPE_BF16)
    public static let q8 = TensorType(value: GGML_TYPE_Q8_0)

    public var description: String { String(cString: ggml_type_name(self.value)) }
    /// Numbers that are stored together; a row is a whole number of blocks.
    public var blockSize: Int { Int(ggml_blck_size(self.value)) }
    /// Whether `GGUFFile` can turn it into numbers.
    public var isReadable: Bool { self == .f32 || ggml_get_type_traits(self.value).pointee.to_float != nil }

    /// - Precondition: `count` is a whole number of blocks.
    func bytes(ofRow count: Int) -> Int { ggml_row_size(self.value, Int64(count)) }

    /// - Precondition: the bytes are those of a row of `count` numbers of a readable type.
    func decode(_ bytes: [UInt8], count: Int) -> [Float] {
        [Float](unsafeUninitializedCapacity: count) { row, initialized in
            bytes.withUnsafeBytes { bytes in
                if let convert = ggml_get_type_traits(self.value).pointee.to_float {
                    convert(bytes.baseAddress!, row.baseAddress!, Int64(count))
                } else {
                    UnsafeMutableRawBufferPointer(row).copyMemory(from: bytes)
                }
            }
            initialized = count
        }
    }

    /// - Precondition: a type that can be written, and a whole number of blocks.
    func encode(_ row: [Float]) -> [UInt8] {
        let size = self.bytes(ofRow: row.count)
        return [UInt8](unsafeUninitializedCapacity: size) { bytes, initialized in
            initialized = ggml_quantize_chunk(self.value, row, bytes.baseAddress!, 0, 1, Int64(row.count), nil)
        }
    }
}
