import Foundation
import Testing

/// A streamed answer with its ids, as far as it came.
struct ResumedStream {
    /// An event, and what goes on behind it.
    struct Event {
        var object: [String: Any]
        /// Empty where it says that there is none.
        var id: String?
        /// A comment before it.
        var comment: String?

        init(_ text: String) throws {
            var data = ""
            for line in text.split(separator: "\n") {
                if line.hasPrefix("data: ") { data = String(line.dropFirst(6)) }
                if line.hasPrefix("id: ") { self.id = String(line.dropFirst(4)) }
                if line.hasPrefix(":") { self.comment = String(line) }
            }
            let object = try JSONSerialization.jsonObject(with: Data(data.utf8))
            self.object = try #require(object as? [String: Any], "\(text)")
        }

        /// Without what may differ: by what means a text came, and what that cost.
        var told: NSDictionary {
            var told = self.object
            if let own = told["foretoken"] as? [String: Any] {
                var kept = own.filter { ["tokens", "seed"].contains($0.key) }
                kept["generated"] = self.statistics?["generated_tokens"]
                told["foretoken"] = kept
            }
            if let usage = told["usage"] as? [String: Any] {
                told["usage"] = usage.filter { $0.key != "prompt_tokens_details" }
            }
            return NSDictionary(dictionary: told)
        }

        /// Index of its choice; `nil` for the usage.
        var choice: Int? { (self.object["choices"] as? [[String: Any]])?.first?["index"] as? Int }

        var statistics: [String: Any]? {
            (self.object["foretoken"] as? [String: Any])?["statistics"] as? [String: Any]
        }
    }

    var events: [Event] = []
    var isDone = false

    /// Asks for a stream that has a head of 200 and ends with `[DONE]`.
    init(_ http: HTTPPeer, _ path: String, _ json: String, behind id: String? = nil) async throws {
        let texts = Events()
        let (status, rest) = try await http.rawStream(path, json, headers: id.map { [("last-event-id", $0)] } ?? []) {
            texts.add($0)
            return true
        }
        try #require(status == 200 && rest.isEmpty, "\(status) \(rest)")
        #expect(texts.all.last == "data: [DONE]")
        self.events = try texts.all.dropLast().map { try Event($0) }
    }

    /// What is told of each choice in its order, and at last what is told of all.
    static func told(_ events: some Sequence<Event>) -> [Int: [NSDictionary]] {
        events.reduce(into: [:]) { $0[$1.choice ?? -1, default: []].append($1.told) }
    }

    /// The same of answers that each have a name of their own.
    static func choices(_ events: some Sequence<Event>) -> [Int: [NSArray]] {
        self.told(events).mapValues { $0.compactMap { $0["choices"] as? NSArray } }
    }
}
