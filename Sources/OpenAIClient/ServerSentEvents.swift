/// Takes a stream of server-sent events apart, as the HTML standard says, as far as names, data and ids go.
struct ServerSentEvents: Sendable {
    struct Event: Equatable, Sendable {
        /// Empty where the server gives none.
        var name = ""
        var data: [UInt8] = []
        /// What a client sends to go on behind it; `nil` where the server gives none, empty where it takes the last one back.
        var id: String?
    }

    struct TooLong: Error {}

    /// Data of one event.
    static let mostBytes = 4 << 20

    private var line: [UInt8] = []
    private var event = Event()
    private var hasData = false
    /// A line feed that comes now belongs to the carriage return before.
    private var isAfterReturn = false

    /// - Returns: the events that these bytes complete; none for those without data.
    /// - Throws: when an event never ends.
    mutating func feed(_ bytes: some Sequence<UInt8>) throws(TooLong) -> [Event] {
        var events: [Event] = []
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\n") where self.isAfterReturn: break
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                if let event = self.endLine() { events.append(event) }
            default:
                self.line.append(byte)
                if self.line.count + self.event.data.count > Self.mostBytes { throw TooLong() }
            }
            self.isAfterReturn = byte == UInt8(ascii: "\r")
        }
        return events
    }

    private mutating func endLine() -> Event? {
        defer { self.line.removeAll(keepingCapacity: true) }
        guard !self.line.isEmpty else {
            defer { (self.event, self.hasData) = (Event(), false) }
            return self.hasData ? self.event : nil
        }
        if let data = self.value(of: "data") {
            if self.hasData { self.event.data.append(UInt8(ascii: "\n")) }
            self.event.data += data
            self.hasData = true
        } else if let name = self.value(of: "event") {
            self.event.name = String(decoding: name, as: UTF8.self)
        } else if let id = self.value(of: "id"), !id.contains(0) {
            self.event.id = String(decoding: id, as: UTF8.self)
        }
        return nil
    }

    /// - Returns: `nil` where the line is of another field.
    private func value(of field: String) -> ArraySlice<UInt8>? {
        let field = field.utf8
        guard self.line.starts(with: field) else { return nil }
        var value = self.line.dropFirst(field.count)
        guard value.first == UInt8(ascii: ":") else { return nil }
        value = value.dropFirst()
        return value.first == UInt8(ascii: " ") ? value.dropFirst() : value
    }
}
