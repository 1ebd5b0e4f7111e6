import ForetokenModels
import Foundation
import Testing

/// The bundled draft taken apart into what its file's head says, so that a test can make each part wrong.
struct PatchedGGUF {
    struct Entry {
        var key: String
        var type: UInt32
        var value: Data
    }

    struct Tensor {
        var name: String
        var shape: [UInt64]
        var type: UInt32
        var offset: UInt64
    }

    var magic = Data("GGUF".utf8)
    var version: UInt32
    var entries: [Entry] = []
    var tensors: [Tensor] = []
    /// What the head says of their numbers, if not the truth.
    var entryCount: UInt64?
    var tensorCount: UInt64?
    var numbers: Data

    init() throws {
        var reader = Reader(data: try Data(contentsOf: URL(filePath: try #require(BundledModels.draft))))
        reader.offset = 4
        self.version = UInt32(reader.integer(4))
        let tensorCount = reader.integer(8)
        let entryCount = reader.integer(8)
        for _ in 0..<entryCount {
            let key = reader.text()
            let type = UInt32(reader.integer(4))
            let begin = reader.offset
            reader.skip(type)
            self.entries.append(Entry(key: key, type: type, value: reader.data[begin..<reader.offset]))
        }
        for _ in 0..<tensorCount {
            let name = reader.text()
            let shape = (0..<reader.integer(4)).map { _ in reader.integer(8) }
            self.tensors.append(
                Tensor(name: name, shape: shape, type: UInt32(reader.integer(4)), offset: reader.integer(8)))
        }
        self.numbers = reader.data[((reader.offset + 31) / 32 * 32)...]
    }

    var head: Data {
        var head = self.magic + Self.bytes(self.version)
        head += Self.bytes(self.tensorCount ?? UInt64(self.tensors.count))
        head += Self.bytes(self.entryCount ?? UInt64(self.entries.count))
        for entry in self.entries { head += Self.text(entry.key) + Self.bytes(entry.type) + entry.value }
        for tensor in self.tensors {
            head += Self.text(tensor.name) + Self.bytes(UInt32(tensor.shape.count))
            for size in tensor.shape { head += Self.bytes(size) }
            head += Self.bytes(tensor.type) + Self.bytes(tensor.offset)
        }
        return head
    }

    var data: Data {
        let head = self.head
        return head + Data(count: (32 - head.count % 32) % 32) + self.numbers
    }

    // MARK: Patches

    mutating func remove(_ key: String) { self.entries.removeAll { $0.key == key } }

    /// Gives a key a value, whether there was one or not.
    mutating func set(_ key: String, type: UInt32, _ value: Data) {
        let entry = Entry(key: key, type: type, value: value)
        if let index = self.entries.firstIndex(where: { $0.key == key }) {
            self.entries[index] = entry
        } else {
            self.entries.append(entry)
        }
    }

    mutating func set(_ key: String, _ number: UInt32) { self.set(key, type: 4, Self.bytes(number)) }
    mutating func set(_ key: String, _ text: String) { self.set(key, type: 8, Self.text(text)) }

    /// Replaces the text of one token by another of any length.
    mutating func setToken(_ token: Int, to text: String) throws {
        let index = try #require(self.entries.firstIndex { $0.key == "tokenizer.ggml.tokens" })
        var reader = Reader(data: Data(self.entries[index].value))
        reader.offset = 12
        for _ in 0..<token { _ = reader.text() }
        let begin = reader.offset
        _ = reader.text()
        self.entries[index].value = reader.data[..<begin] + Self.text(text) + reader.data[reader.offset...]
    }

    static func bytes(_ number: some FixedWidthInteger) -> Data {
        withUnsafeBytes(of: number.littleEndian) { Data($0) }
    }
    static func text(_ text: String) -> Data { Self.bytes(UInt64(text.utf8.count)) + Data(text.utf8) }

    /// An array: the type of its elements, their number, and what stands for them.
    static func array(of type: UInt32, count: UInt64, _ elements: Data) -> Data {
        Self.bytes(type) + Self.bytes(count) + elements
    }

    private struct Reader {
        let data: Data
        var offset = 0

        init(data: Data) { self.data = Data(data) }

        mutating func integer(_ size: Int) -> UInt64 {
            defer { self.offset += size }
            return self.data[self.offset..<self.offset + size].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }

        mutating func text() -> String {
            let count = Int(self.integer(8))
            defer { self.offset += count }
            return String(decoding: self.data[self.offset..<self.offset + count], as: UTF8.self)
        }

        mutating func skip(_ type: UInt32) {
            switch type {
            case 0, 1, 7: self.offset += 1
            case 2, 3: self.offset += 2
            case 4, 5, 6: self.offset += 4
            case 8: _ = self.text()
            case 9:
                let type = UInt32(self.integer(4))
                for _ in 0..<self.integer(8) { self.skip(type) }
            default: self.offset += 8
            }
        }
    }
}
