import Foundation

/// Frames of a stream of server-sent events (WHATWG HTML, section 9.2).
enum ServerSentEvents {
    /// JSON in one line holds no line break, so one `data` field does.
    static func event(_ json: Data, id: String? = nil) -> Data {
        let id = id.map { "\nid: \($0)" } ?? ""
        return Data("data: ".utf8) + json + Data("\(id)\n\n".utf8)
    }

    /// An event behind which a stream cannot go on elsewhere: a client forgets the id before it.
    static func eventWithoutID(_ json: Data) -> Data {
        Data(": no id, since it would be longer than \(EventID.mostCharacters) characters\n".utf8)
            + self.event(json, id: "")
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
