import CProtobufC
import Speculation

/// A received field: reads what the C struct holds of it, or throws a `WireError` with the field's name.
struct Field {
    let name: String

    init(_ name: String) {
        self.name = name
    }

    var invalid: WireError { .invalid(self.name) }

    /// Passes a value on if it `holds`.
    func check<Value>(_ value: Value, _ holds: (Value) -> Bool) throws(WireError) -> Value {
        guard holds(value) else { throw self.invalid }
        return value
    }

    /// A position or a number of things: 0 to `Limits.count`.
    func count(_ value: UInt32) throws(WireError) -> Int {
        guard value <= UInt32(Limits.count) else { throw self.invalid }
        return Int(value)
    }

    /// A position whose run of `elements` ends within `Limits.count` too.
    func position<Element>(_ value: UInt32, before elements: [Element]) throws(WireError) -> Int {
        let position = try self.count(value)
        guard position + elements.count <= Limits.count else { throw self.invalid }
        return position
    }

    /// A bound on a number of things; on the wire 0 stands for none.
    func bound(_ value: UInt32) throws(WireError) -> Int? {
        let count = try self.count(value)
        return count > 0 ? count : nil
    }

    func microseconds(_ value: UInt64) throws(WireError) -> UInt64 {
        guard value <= Limits.microseconds else { throw self.invalid }
        return value
    }

    /// A number of bytes: 0 to `Limits.traffic`.
    func bytes(_ value: UInt64) throws(WireError) -> UInt64 {
        guard value <= Limits.traffic else { throw self.invalid }
        return value
    }

    /// Microseconds with a fraction, finite and not negative.
    func duration(_ value: Double) throws(WireError) -> Double {
        guard value >= 0, value <= Double(Limits.microseconds) else { throw self.invalid }
        return value
    }

    /// A rate, a mean or a sum: finite and not negative.
    func quantity(_ value: Double) throws(WireError) -> Double {
        guard value >= 0, value.isFinite else { throw self.invalid }
        return value
    }

    /// A lookahead rule as the command line writes it.
    func rule(_ string: UnsafeMutablePointer<CChar>?) throws(WireError) -> LookaheadRule {
        let text = try self.text(string)
        do {
            return try LookaheadRule(text)
        } catch {
            throw .unreadable(self.name, reason: error.description)
        }
    }

    /// A string, valid UTF-8 of `limit` bytes at most; a zero byte has ended it.
    func text(_ string: UnsafeMutablePointer<CChar>?, atMost limit: Int = Limits.name) throws(WireError) -> String {
        guard let string, string.pointee != 0 else { return "" }
        guard let text = String(validatingCString: string), text.utf8.count <= limit else { throw self.invalid }
        return text
    }

    /// A text that nothing depends on: `nil` where it is not valid.
    func optionalText(_ string: UnsafeMutablePointer<CChar>?) -> String? { try? self.text(string) }

    /// A text that may hold zero bytes, valid UTF-8 of `limit` bytes at most.
    func text(_ bytes: ProtobufCBinaryData, atMost limit: Int) throws(WireError) -> String {
        guard bytes.len <= limit else { throw self.invalid }
        guard let data = bytes.data, bytes.len > 0 else { return "" }
        let buffer = UnsafeBufferPointer(start: data, count: bytes.len)
        guard let text = String(validating: buffer, as: UTF8.self) else { throw self.invalid }
        return text
    }

    /// Bytes of any kind, `limit` at most.
    func bytes(_ bytes: ProtobufCBinaryData, atMost limit: Int) throws(WireError) -> [UInt8] {
        try self.array(bytes.data, bytes.len, atMost: limit)
    }

    /// Scalars of a repeated field.
    func array<Element: BitwiseCopyable>(
        _ elements: UnsafeMutablePointer<Element>?, _ count: Int, atMost limit: Int
    ) throws(WireError) -> [Element] {
        guard count <= limit else { throw self.invalid }
        guard let elements, count > 0 else { return [] }
        return Array(UnsafeBufferPointer(start: elements, count: count))
    }

    /// Messages of a repeated field.
    func array<Message, Value>(
        _ messages: UnsafeMutablePointer<UnsafeMutablePointer<Message>?>?, _ count: Int, atMost limit: Int,
        _ read: (Message) throws(WireError) -> Value
    ) throws(WireError) -> [Value] {
        guard count <= limit else { throw self.invalid }
        guard let messages, count > 0 else { return [] }
        var values: [Value] = []
        values.reserveCapacity(count)
        for index in 0..<count { values.append(try self.message(messages[index], read)) }
        return values
    }

    /// A message that must be there; what is invalid in it is named with the path to it.
    func message<Message, Value>(
        _ message: UnsafeMutablePointer<Message>?, _ read: (Message) throws(WireError) -> Value
    ) throws(WireError) -> Value {
        guard let message else { throw self.invalid }
        do {
            return try read(message.pointee)
        } catch .invalid(let field) {
            throw .invalid("\(self.name).\(field)")
        } catch .unreadable(let field, let reason) {
            throw .unreadable("\(self.name).\(field)", reason: reason)
        }
    }

    /// A message that may be absent.
    func optional<Message, Value>(
        _ message: UnsafeMutablePointer<Message>?, _ read: (Message) throws(WireError) -> Value
    ) throws(WireError) -> Value? {
        message == nil ? nil : try self.message(message, read)
    }
}
