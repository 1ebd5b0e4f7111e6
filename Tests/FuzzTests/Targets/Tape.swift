/// Bytes that decide what happens next; behind their end, everything is 0.
struct Tape {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        self.rest = bytes[...]
    }

    var isAtEnd: Bool { self.rest.isEmpty }

    mutating func byte() -> UInt8 { self.rest.popFirst() ?? 0 }

    /// A number from 0 to `count - 1`, of a `count` up to 256.
    mutating func below(_ count: Int) -> Int { Int(self.byte()) % count }

    mutating func bool() -> Bool { self.byte() & 1 == 1 }

    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[self.below(elements.count)] }

    /// A run of bytes with its length before it, in one byte or two.
    mutating func bytes() -> [UInt8] {
        var count = Int(self.byte())
        if count >= 0xc0 { count = (count & 0x3f) << 8 | Int(self.byte()) }
        defer { self.rest = self.rest.dropFirst(count) }
        return Array(self.rest.prefix(count))
    }
}
