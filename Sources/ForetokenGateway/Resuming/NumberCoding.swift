import Foundation

/// Writes numbers of seven bits to a byte.
struct NumberWriter {
    private(set) var bytes: [UInt8] = []

    mutating func write(_ number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            self.bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        self.bytes.append(UInt8(rest))
    }

    mutating func write(_ count: Int) { self.write(UInt64(count)) }

    mutating func write<Element>(_ list: [Element], _ number: (Element) -> UInt64) {
        self.write(list.count)
        for element in list { self.write(number(element)) }
    }
}

/// Reads numbers of seven bits to a byte. Whatever is counted takes a byte at least, so nothing is made that is larger
/// than the bytes are.
struct NumberReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: Data) { self.bytes = Array(bytes) }

    var isAtEnd: Bool { self.position == self.bytes.count }

    mutating func number() throws(EventID.Fault) -> UInt64 {
        var number: UInt64 = 0
        for shift in stride(from: 0, to: 64, by: 7) {
            guard self.position < self.bytes.count else { throw .malformed }
            let bits = UInt64(self.bytes[self.position] & 0x7f)
            guard (bits << shift) >> shift == bits else { throw .malformed }
            number |= bits << shift
            self.position += 1
            if self.bytes[self.position - 1] < 0x80 { return number }
        }
        throw .malformed
    }

    /// Small enough that sums of several are numbers, too.
    mutating func count() throws(EventID.Fault) -> Int {
        let number = try self.number()
        guard number < 1 << 40 else { throw .malformed }
        return Int(number)
    }

    mutating func flag() throws(EventID.Fault) -> Bool {
        let number = try self.number()
        guard number <= 1 else { throw .malformed }
        return number == 1
    }

    /// Of a list that is to follow.
    mutating func length() throws(EventID.Fault) -> Int {
        let length = try self.count()
        guard length <= self.bytes.count - self.position else { throw .malformed }
        return length
    }

    mutating func list<Element: FixedWidthInteger>(_ type: Element.Type) throws(EventID.Fault) -> [Element] {
        var list: [Element] = []
        for _ in 0..<(try self.length()) {
            guard let element = Element(exactly: try self.number()) else { throw .malformed }
            list.append(element)
        }
        return list
    }
}
