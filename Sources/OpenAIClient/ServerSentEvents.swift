/// Takes a stream of server-sent events apart, as the HTML standard says, as far as `data` goes.
struct ServerSentEvents: Sendable {
    struct TooLong: Error {}

    /// Of one event.
    static let mostBytes = 4 << 20

    private var line: [UInt8] = []
    private var data: [UInt8] = []
    private var hasData = false
    /// A line feed that comes now belongs to the carriage return before.
    private var isAfterReturn = false

    /// - Returns: the data of the events that these bytes complete.
    /// - Throws: when an event never ends.
    mutating func feed(_ bytes: some Sequence<UInt8>) throws(TooLong) -> [[UInt8]] {
        var events: [[UInt8]] = []
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\n") where self.isAfterReturn: break
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                if let event = self.endLine() { events.append(event) }
            default:
                self.line.append(byte)
                if self.line.count + self.data.count > Self.mostBytes { throw TooLong() }
            }
            self.isAfterReturn = byte == UInt8(ascii: "\r")
        }
        return events
    }

    private mutating func endLine() -> [UInt8]? {
        defer { self.line.removeAll(keepingCapacity: true) }
        guard !self.line.isEmpty else {
            defer { (self.data, self.hasData) = ([], false) }
            return self.hasData ? self.data : nil
        }
        guard self.line.starts(with: "data:".utf8) else { return nil }
        var value = self.line.dropFirst(5)
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        if self.hasData { self.data.append(UInt8(ascii: "\n")) }
        self.data += value
        self.hasData = true
        return nil
    }
}
