import ForetokenWire
import Speculation
import TestSupport
import Testing

/// Names of requests and traces: what is not one is dropped, and the message counts all the same.
@Suite struct RequestNamesTests {
    static let trace = "0af7651916cd43dd8448eb211c80319c"
    static let span = "b7ad6b7169203331"
    static let text = "00-\(trace)-\(span)-01"

    @Test func aTraceParentIsOfExactlyTheFormOfW3C() {
        let parent = TraceParent(Self.text)
        #expect(parent == TraceParent(traceID: Self.trace, spanID: Self.span, isSampled: true))
        #expect(parent?.text == Self.text)
        for (text, isSampled) in [
            ("00-\(Self.trace)-\(Self.span)-00", false), ("00-\(Self.trace)-\(Self.span)-03", true),
            ("cc-\(Self.trace)-\(Self.span)-01", true), ("cc-\(Self.trace)-\(Self.span)-01-what-is-to-come", true),
        ] {
            #expect(TraceParent(text)?.isSampled == isSampled, "\(text)")
        }
        for wrong in [
            "", "00", "ff-\(Self.trace)-\(Self.span)-01", "00-\(Self.trace)-\(Self.span)-01-more",
            "cc-\(Self.trace)-\(Self.span)-01x", "00-\(Self.trace.uppercased())-\(Self.span)-01",
            "00-\(String(repeating: "0", count: 32))-\(Self.span)-01",
            "00-\(Self.trace)-\(String(repeating: "0", count: 16))-01", "00_\(Self.trace)-\(Self.span)-01",
            "00-\(Self.trace)-\(Self.span)-0g", "0g-\(Self.trace)-\(Self.span)-01", " " + Self.text.dropLast(),
            "00-\(Self.trace.dropLast())-\(Self.span)-011", String(Self.text.dropLast()),
            "00-é" + Self.text.dropFirst(5),
        ] {
            #expect(TraceParent(wrong) == nil, "\(wrong)")
        }
    }

    @Test func whatIsNoNameIsDroppedAndTheRequestTaken() throws {
        for (id, trace, names) in [
            ("mine", Self.text, RequestNames(id: RequestID("mine"), trace: TraceParent(Self.text))),
            ("two words", "00-xyz", RequestNames()), ("", "", RequestNames()),
            (String(repeating: "x", count: 129), Self.text + "0", RequestNames()),
        ] {
            var raw = RawMessage()
            raw.message(Number.generate) {
                $0.message(1) {
                    $0.bytes(1, Array("a".utf8)); $0.sampling()
                    $0.bytes(15, Array(id.utf8)); $0.bytes(16, Array(trace.utf8))
                }
            }
            guard case .generate(let generate) = try Envelope(decoding: raw.bytes).body else {
                Issue.record("another message")
                return
            }
            #expect(generate.request.prompt == .text("a") && generate.request.names == names)
        }
    }
}
