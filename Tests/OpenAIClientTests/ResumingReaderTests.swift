import TestSupport
import Testing

@testable import OpenAIClient

/// A text that comes in several answers.
@Suite struct ResumingReaderTests {
    private static func event(_ text: String, id: String?) -> String {
        #"data: {"choices":[{"text":"\#(text)"}],"foretoken":{"tokens":[\#(text.utf8.count)]}}"#
            + (id.map { "\nid: \($0)" } ?? "") + "\n\n"
    }

    private static let end = #"data: {"choices":[{"text":"","finish_reason":"length"}]}"# + "\n\ndata: [DONE]\n\n"

    /// Wherever the bytes are cut off, the rest comes behind the last event that was whole.
    @Test func whereverAnAnswerIsCutOff() throws {
        let events = [("a", "1"), ("bc", "2"), ("ä", "3"), ("d", "4")]
        let whole = events.map { Self.event($0.0, id: $0.1) }.joined() + Self.end
        for count in 0..<whole.utf8.count {
            var reader = CompletionReader()
            try reader.take(Array(whole.utf8.prefix(count)), at: .now)
            let goesOn = reader.resume()
            #expect(goesOn)
            let known = reader.lastEventID.flatMap { Int($0) } ?? 0
            let rest = events.dropFirst(known).map { Self.event($0.0, id: $0.1) }.joined() + Self.end
            try reader.take(Array(rest.utf8), at: .now)
            try reader.end()
            let completion = reader.completion
            #expect(completion.text == "abcäd" && completion.tokenIDs == [1, 2, 2, 1], "cut at \(count)")
            #expect(completion.resumptions == (known > 0 ? 1 : 0) && completion.finishReason == "length")
        }
    }

    @Test func withoutAnIdThereIsNothingToGoOnFrom() throws {
        for id in [nil, ""] {
            var reader = CompletionReader()
            try reader.take(
                Array((Self.event("a", id: id == nil ? nil : "1") + Self.event("b", id: id)).utf8), at: .now)
            let goesOn = reader.resume()
            #expect(!goesOn)
        }
    }

    /// A proxy may join events: what came before an error in the same bytes has arrived.
    @Test func whatComesTogetherWithAnErrorHasArrived() throws {
        var reader = CompletionReader()
        var arrived: [[UInt32]] = []
        let bytes = Self.event("ab", id: "1") + #"data: {"error":{"message":"bye","code":"unavailable"}}"# + "\n\n"
        #expect(throws: OpenAIError.leaving("bye")) {
            try reader.take(Array(bytes.utf8), at: .now) { arrived.append($0.tokens) }
        }
        #expect(arrived == [[2]] && reader.lastEventID == "1")
    }

    /// What the server says of itself is for the next one; what it says of the request is for the client.
    @Test func whoIsLeavingIsToldFromWhoRefuses() throws {
        var reader = CompletionReader()
        #expect(throws: OpenAIError.leaving("bye")) {
            try reader.take(
                Array(#"data: {"error":{"message":"bye","code":"unavailable"}}"#.utf8) + [10, 10], at: .now)
        }
        #expect(OpenAIError.leaving("").isPassing && OpenAIError.status(503, "").isPassing)
        for code in ["400", #""invalid""#, "null"] {
            #expect(throws: OpenAIError.inStream("no")) {
                try reader.take(Array(#"data: {"error":{"message":"no","code":\#(code)}}"#.utf8) + [10, 10], at: .now)
            }
        }
        #expect(!OpenAIError.inStream("").isPassing && !OpenAIError.status(400, "").isPassing)
    }
}
