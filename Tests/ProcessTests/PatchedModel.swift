import ForetokenModels
import Foundation
import Testing

/// The bundled draft with one token renamed: a model of its own vocabulary.
func modelOfAnotherVocabulary() throws -> TemporaryFile {
    var data = try Data(contentsOf: URL(fileURLWithPath: try #require(BundledModels.draft)))
    // A key is followed by a type (array: 9), the elements' type (text: 8), their number, and the elements.
    let key = try #require(data.range(of: Data("tokenizer.ggml.tokens".utf8)))
    func number(at offset: Int) -> Int {
        (0..<8).reduce(0) { $0 | Int(data[offset + $1]) << (8 * $1) }
    }
    var offset = key.upperBound + 8
    let count = number(at: offset)
    offset += 8
    var longest = (offset: 0, length: 0)
    for _ in 0..<count {
        let length = number(at: offset)
        if length > longest.length { longest = (offset + 8, length) }
        offset += 8 + length
    }
    try #require(longest.length > 4)
    data.replaceSubrange(
        longest.offset..<(longest.offset + longest.length),
        with: Data(String(repeating: "zq", count: longest.length).utf8.prefix(longest.length)))
    return try TemporaryFile(data)
}

/// The bundled draft, as if it had been trained with a shorter context.
func modelOfShortContext(_ length: UInt8) throws -> TemporaryFile {
    var data = try Data(contentsOf: URL(fileURLWithPath: try #require(BundledModels.draft)))
    // A key is followed by a type (UInt32: 4), and the number.
    let key = try #require(data.range(of: Data("llama.context_length".utf8)))
    data.replaceSubrange((key.upperBound + 4)..<(key.upperBound + 8), with: [length, 0, 0, 0])
    return try TemporaryFile(data)
}
