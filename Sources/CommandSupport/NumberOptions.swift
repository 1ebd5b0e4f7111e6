import ArgumentParser

/// Reads numbers that may begin with a minus, which the parser would take for another option's name.
///
/// Such options are declared with `parsing: .unconditional`.
package enum NumberOption {
    /// A seed: 64 bits, written as HTTP tells it, which is with a sign, or without one.
    package static func seed(_ text: String) throws -> UInt64 {
        if let seed = UInt64(text) { return seed }
        if let seed = Int64(text) { return UInt64(bitPattern: seed) }
        throw ValidationError("\"\(text)\" is not a seed: write a whole number from \(Int64.min) to \(UInt64.max)")
    }

    /// Layers to keep on a device; all of them are -1, as the library has it.
    package static func layers(_ text: String) throws -> Int {
        if text.lowercased() == "all" { return -1 }
        guard let layers = Int32(text), layers >= -1 else {
            throw ValidationError("\"\(text)\" is not a number of layers: write 0 to \(Int32.max), or all, which is -1")
        }
        return Int(layers)
    }
}
