import TestSupport
import Testing

@testable import OpenAIClient

@Suite(.oneAtATime) struct ServerSentEventsTests {
    private static func events(_ text: String, piece: Int = .max) throws -> [String] {
        var parser = ServerSentEvents()
        var events: [String] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            events += try parser.feed(rest.prefix(piece)).map {
                "\($0.name)|\(String(decoding: $0.data, as: UTF8.self))"
            }
            rest = rest.dropFirst(piece)
        }
        return events
    }

    @Test(arguments: [1, 2, 3, 7, 1000]) func whereverTheBytesAreCut(_ piece: Int) throws {
        let text =
            "data: a\n\n: comment\nevent: x\ndata:b\r\ndata: ä\r\n\r\ndata: c\r\rdata\n\nid: 1\n\ndata: \n\ndata: lost"
        #expect(try Self.events(text, piece: piece) == ["|a", "x|b\nä", "|c", "|"])
    }

    @Test func anEndlessEventIsRefused() {
        var parser = ServerSentEvents()
        let line = [UInt8](repeating: 120, count: 1 << 20)
        #expect(throws: ServerSentEvents.TooLong.self) {
            for _ in 0..<8 { _ = try parser.feed(line) }
        }
    }
}

@Suite(.oneAtATime) struct CompletionReaderTests {
    private static func read(_ events: String...) throws -> StreamedCompletion {
        var reader = CompletionReader()
        for event in events { try reader.take(Array("data: \(event)\n\n".utf8), at: .now) }
        try reader.end()
        return reader.completion
    }

    @Test func completionsAndChats() throws {
        let text = try Self.read(
            #"{"choices":[{"text":"abc"}]}"#, #"{"choices":[{"text":"","finish_reason":"length"}]}"#,
            #"{"choices":[],"usage":{"completion_tokens":2}}"#, "[DONE]")
        #expect(text.arrivals.map(\.weight) == [3] && text.tokens == 2 && !text.isForetoken)
        let chat = try Self.read(
            #"{"choices":[{"delta":{"role":"assistant","content":""}}],"usage":null}"#,
            #"{"choices":[{"delta":{"reasoning_content":"hm"}}]}"#, #"{"choices":[{"delta":{"content":"ü"}}]}"#,
            #"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#)
        #expect(chat.arrivals.map(\.weight) == [2, 2] && chat.tokens == nil)
    }

    @Test func theSameTextInOtherPieces() throws {
        let end = #"{"choices":[{"text":"","finish_reason":"stop"}]}"#
        let whole = try Self.read(#"{"choices":[{"text":"abc"}]}"#, end)
        let cut = try Self.read(#"{"choices":[{"text":"a"}]}"#, #"{"choices":[{"text":"bc"}]}"#, end)
        let other = try Self.read(#"{"choices":[{"text":"acb"}]}"#, end)
        #expect(whole.textHash == cut.textHash && whole.textHash != other.textHash)
    }

    @Test func countersOfOurOwn() throws {
        let counters = #""generated_tokens":9,"target_passes":4,"rounds":3,"draft_tokens":8,"accepted_tokens":5"#
        for part in ["{\(counters)}", #"{"statistics":{\#(counters)}}"#] {
            let text = try Self.read(#"{"choices":[{"finish_reason":"stop"}],"foretoken":\#(part)}"#, "[DONE]")
            #expect(text.isForetoken && text.counters?.acceptedTokens == 5 && text.counters?.targetPasses == 4)
        }
        let told = try Self.read(
            #"{"choices":[{"text":"ab"}],"foretoken":{"tokens":[7,8,9]}}"#,
            #"{"choices":[{"text":""}],"foretoken":{"tokens":[1]}}"#,
            #"{"choices":[{"text":"","finish_reason":"length"}],"foretoken":{"tokens":[],"statistics":{\#(counters)}}}"#
        )
        #expect(told.arrivals.map(\.weight) == [3, 1] && told.counters?.tokens == 9)
        let bare = try Self.read(#"{"choices":[{"finish_reason":"stop"}],"foretoken":{"lookahead":"off"}}"#, "[DONE]")
        #expect(bare.isForetoken && bare.counters == nil)
    }

    @Test func faults() {
        #expect(throws: OpenAIError.endedEarly) { try Self.read(#"{"choices":[{"text":"a"}]}"#) }
        // The end of the stream alone does not make a text whole.
        #expect(throws: OpenAIError.endedEarly) { try Self.read(#"{"choices":[{"text":"a"}]}"#, "[DONE]") }
        #expect(throws: OpenAIError.inStream("no")) { try Self.read(#"{"error":{"message":"no"}}"#) }
        for data in [#"{"message":"no"}"#, #"{"error":{"message":"no"}}"#, "no"] {
            var reader = CompletionReader()
            #expect(throws: OpenAIError.inStream("no")) {
                try reader.take(Array("event: error\ndata: \(data)\n\n".utf8), at: .now)
            }
        }
        #expect(throws: OpenAIError.inStream("no")) { try Self.read(#"{"error":"no"}"#) }
        for garbage in ["{", "null", "[]", #"{"choices":3}"#] {
            #expect(throws: OpenAIError.self) { try Self.read(garbage, "[DONE]") }
        }
    }
}

@Suite(.oneAtATime) struct OpenAIAddressTests {
    @Test func reads() throws {
        #expect(try OpenAIAddress("http://a:8080").description == "http://a:8080/v1")
        #expect(try OpenAIAddress("http://a/").description == "http://a:80/v1")
        #expect(try OpenAIAddress("http://a:1/openai/v1/").path == "/openai/v1")
        let six = try OpenAIAddress("http://[::1]:8080/v1")
        #expect(six.host == "::1" && six.description == "http://[::1]:8080/v1")
    }

    @Test(arguments: ["", "a:8080", "https://a", "ftp://a", "http://", "http://a:99999x", "http://a/v1?key=1"])
    func refuses(_ text: String) {
        #expect(throws: OpenAIAddress.ParseError.self) { try OpenAIAddress(text) }
    }
}
