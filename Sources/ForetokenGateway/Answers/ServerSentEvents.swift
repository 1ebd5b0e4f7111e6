import Foundation

/// Frames of a stream of server-sent events (WHATWG HTML, section 9.2).
enum ServerSentEvents {
    /// JSON in one line holds no line break, so one `data` field does.
    static func event(_ json: Data) -> Data {
        Data("data: ".utf8) + json + Data("\n\n".utf8)
    }

    /// Is passed over by clients, and keeps proxies from giving the stream up.
    static let comment = Data(": waiting\n\n".utf8)

    /// As OpenAI ends a stream.
    static let done = Data("data: [DONE]\n\n".utf8)
}

extension Encodable {
    /// In one line, members in the order of their names.
    var json: Data {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return try encoder.encode(self)
        }
    }
}
