/// The span that another one is a child of, and its trace: what W3C's header `traceparent` holds (Trace Context,
/// section 3.2), always in version 00.
public struct TraceParent: Hashable, Sendable {
    /// 32 hexadecimal digits in small letters, not all of them 0.
    public let traceID: String
    /// 16 of them.
    public let spanID: String
    /// Whether somebody records the trace, and wants this side to do so as well.
    public let isSampled: Bool

    /// Characters of version 00: `00-`, the trace, `-`, the span, `-`, the flags.
    public static let length = 55

    /// - Parameters:
    ///   - traceID: of the form described, as must be `spanID`.
    public init(traceID: String, spanID: String, isSampled: Bool) {
        self.traceID = traceID
        self.spanID = spanID
        self.isSampled = isSampled
    }

    /// Reads a header. Later versions are read as this one, which they begin with.
    ///
    /// - Returns: `nil` where the text is not of that form.
    public init?(_ text: String) {
        let bytes = Array(text.utf8.prefix(Self.length + 1))
        func digits(_ range: Range<Int>) -> String? {
            let part = bytes[range]
            guard part.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }) else { return nil }
            return String(decoding: part, as: UTF8.self)
        }
        let dash = UInt8(ascii: "-")
        guard bytes.count >= Self.length, bytes[2] == dash, bytes[35] == dash, bytes[52] == dash,
            let version = digits(0..<2), version != "ff",
            bytes.count == Self.length || (version != "00" && bytes[Self.length] == dash),
            let trace = digits(3..<35), let span = digits(36..<52), let flags = digits(53..<55),
            trace.contains(where: { $0 != "0" }), span.contains(where: { $0 != "0" })
        else { return nil }
        self.init(traceID: trace, spanID: span, isSampled: (UInt8(flags, radix: 16) ?? 0) & 1 == 1)
    }

    /// As a header holds it.
    public var text: String { "00-\(self.traceID)-\(self.spanID)-\(self.isSampled ? "01" : "00")" }
}
