internal import Foundation
internal import Speculation
internal import TestSupport
internal import Testing

@testable import Simulation

@Suite struct TraceTests {
    static let header = Trace.Header(
        target: "T", draft: "D", temperature: 0.8, seed: 7, endTokens: [0], beyond: 4)

    static func token(_ token: Token, _ probability: Float = 0.5) -> DraftedToken {
        var drafted = DraftedToken(token: token, probability: probability, entropy: 1.25, margin: 0.25, gap: 2)
        drafted.confidence.top = SIMD8(0.5, 0.25, 0.125, 0, 0, 0, 0, 0)
        return drafted
    }

    static let text = Trace.Text(
        domain: "prose", prompt: "a.jsonl:1", promptTokens: 3, tokens: [5, 6, 7, 8],
        drafted: [Self.token(5), Self.token(6), Self.token(9), Self.token(8)],
        beyond: [2: [Self.token(1), Self.token(2)]])

    static var data: Data {
        Trace.line(Self.header) + Trace.line(Self.text) + Trace.lastLine(texts: 1)
    }

    @Test func whatIsWrittenIsReadAgain() throws {
        let trace = try Trace(Self.data)
        #expect(trace.header == Self.header)
        #expect(trace.texts == [Self.text])
        #expect(trace.texts[0].runs == [2, 1, 0, 1])
    }

    @Test func aTraceCutAnywhereIsRefused() {
        let data = Self.data
        // Without its last end of line it is whole.
        for count in 0..<data.count - 2 {
            #expect(throws: TraceError.self, "\(count) bytes") { _ = try Trace(data.prefix(count)) }
        }
    }

    @Test(arguments: [
        ("", "empty"), ("{}\n", "line 1: this is not a trace"), ("\u{1}\u{2}", "line 1: this is not a trace"),
        (#"{"format":"foretoken-trace","version":2}"#, "this is not a trace"),
    ])
    func whatIsNoTraceIsRefusedWithTheReason(text: String, reason: String) {
        let error = #expect(throws: TraceError.self) { _ = try Trace(Data(text.utf8)) }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }

    @Test(arguments: [
        (#""tokens":[5,6,7,8]"#, #""tokens":[5,6,7]"#, "3 tokens, but 4 guesses"),
        ("[6,0.5,", "[6,1.5,", "the guess at 1 is none"),
        ("[6,0.5,", "[-6,0.5,", "the guess at 1 is none"),
        ("[6,0.5,", "[6,null,", "not a text of a trace"),
        ("1.25,0.25,2,", "1.25,0.25,-2,", "the guess at 0 is none"),
        (#""beyond":{"2""#, #""beyond":{"9""#, "guesses behind a position"),
        (#"{"texts":1}"#, #"{"texts":2}"#, "1 texts of 2"),
        (#"{"texts":1}"#, "{\"texts\":1}\n{\"texts\":1}", "goes on behind its end"),
        (#""version":2"#, #""version":9"#, "has version 9"),
    ])
    func aDamagedTraceIsRefusedByLineAndReason(old: String, new: String, reason: String) {
        let whole = String(decoding: Self.data, as: UTF8.self)
        let damaged = whole.replacingOccurrences(of: old, with: new)
        #expect(damaged != whole)
        let error = #expect(throws: TraceError.self) { _ = try Trace(Data(damaged.utf8)) }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
        #expect((error?.line ?? 0) > 0)
    }

    @Test func emptyLinesArePassedOverAndCounted() throws {
        let lines = String(decoding: Self.data, as: UTF8.self)
        let spaced = "\n" + lines.replacingOccurrences(of: "\n", with: "\n\n")
        #expect(try Trace(Data(spaced.utf8)).texts == [Self.text])
        let damaged = spaced.replacingOccurrences(of: "[6,0.5,", with: "[6,1.5,")
        let error = #expect(throws: TraceError.self) { _ = try Trace(Data(damaged.utf8)) }
        #expect(error?.line == 4)
        let other = #expect(throws: TraceError.self) { _ = try Trace(Data("\n\nnothing\n".utf8)) }
        #expect(other?.line == 3)
    }

    @Test func numbersThatJSONHasNotAreWrittenAsOnesItHas() throws {
        var text = Self.text
        text.drafted[0].gap = .nan
        text.drafted[1].gap = .infinity
        text.drafted[3].confidence.entropy = 1e30
        let trace = try Trace(Trace.line(Self.header) + Trace.line(text) + Trace.lastLine(texts: 1))
        #expect(trace.texts[0].drafted[0].gap.isNaN && trace.texts[0].drafted[1].gap == 1e6)
    }
}
