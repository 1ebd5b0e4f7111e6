import ForetokenWire
import Foundation
import Logging
import TestSupport
import Testing
import Tracing

@testable import ForetokenTraces

/// Spans as they reach a receiver, and what becomes of them where none takes them.
@Suite(.oneAtATime) struct OTLPTracerTests {
    private struct Carrier: Injector, Extractor {
        func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) { carrier[key] = value }
        func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
    }

    private static func settings(port: Int, interval: Duration = .seconds(60)) -> TraceSettings {
        var settings = TraceSettings(host: "127.0.0.1", port: port, service: "test")
        settings.interval = interval
        // So long that whoever waited for a receiver that never answers would be waiting still.
        settings.timeout = .seconds(300)
        return settings
    }

    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private static func with(
        _ manner: FakeReceiver.Manner = .answer(200), _ body: (FakeReceiver, OTLPTracer) async throws -> Void
    ) async throws {
        let receiver = FakeReceiver(manner)
        let tracer = OTLPTracer(Self.settings(port: try await receiver.start()), logger: Self.quiet)
        do {
            try await body(receiver, tracer)
        } catch {
            await tracer.shutdown(within: .zero)
            await receiver.stop()
            throw error
        }
        await tracer.shutdown(within: .zero)
        await receiver.stop()
    }

    @Test func aChildIsOfItsParentsTraceAndAllOfItIsTold() async throws {
        try await Self.with { receiver, tracer in
            let parent = tracer.startSpan("parent", context: .topLevel, ofKind: .server)
            let child = tracer.startSpan("child", context: parent.context, ofKind: .client)
            child.attributes["text"] = "a \"text\"\n"
            child.attributes["whole"] = 7
            child.attributes["half"] = 0.5
            child.attributes["endless"] = Double.infinity
            child.attributes["is"] = true
            child.attributes["some"] = ["a", "b"]
            child.recordError(CancellationError())
            child.setStatus(SpanStatus(code: .error, message: "why"))
            child.end()
            child.end()
            parent.end()
            await tracer.shutdown(within: .seconds(Patience.seconds))

            let spans = try receiver.spans()
            try #require(spans.count == 2 && receiver.bodies.count == 1, "\(spans)")
            let (first, second) = (spans[0], spans[1])
            #expect(first["name"] as? String == "child" && first["kind"] as? Int == 3 && second["kind"] as? Int == 2)
            #expect(first["traceId"] as? String == second["traceId"] as? String)
            #expect(first["parentSpanId"] as? String == second["spanId"] as? String)
            #expect((first["traceId"] as? String)?.count == 32 && (first["spanId"] as? String)?.count == 16)
            #expect(second["parentSpanId"] == nil && second["status"] == nil)
            let times = try ["startTimeUnixNano", "endTimeUnixNano"].map {
                try #require(UInt64(first[$0] as? String ?? ""))
            }
            #expect(times[0] > 1_700_000_000_000_000_000 && times[1] >= times[0])
            #expect((first["status"] as? [String: Any])?["code"] as? Int == 2)
            let event = try #require((first["events"] as? [[String: Any]])?.first)
            #expect(event["name"] as? String == "exception")
            let pairs = try #require(first["attributes"] as? [[String: Any]])
            func value(_ key: String) -> [String: Any]? {
                pairs.first { $0["key"] as? String == key }?["value"] as? [String: Any]
            }
            #expect(value("text")?["stringValue"] as? String == "a \"text\"\n")
            #expect(value("whole")?["intValue"] as? String == "7" && value("half")?["doubleValue"] as? Double == 0.5)
            #expect(value("endless")?["stringValue"] as? String == "inf" && value("is")?["boolValue"] as? Bool == true)
            let some = value("some")?["arrayValue"] as? [String: Any]
            #expect((some?["values"] as? [[String: String]])?.map { $0["stringValue"] } == ["a", "b"])
        }
    }

    @Test func whatComesInDecidesWhetherItIsRecorded() async throws {
        try await Self.with { receiver, tracer in
            let trace = "0af7651916cd43dd8448eb211c80319c"
            for (header, isRecorded) in [
                ("00-\(trace)-b7ad6b7169203331-01", true), ("00-\(trace)-b7ad6b7169203331-00", false),
                ("00-\(trace)-b7ad6b7169203331", true), ("nonsense", true),
            ] {
                var context = InstrumentationContext.topLevel
                tracer.extract(["traceparent": header], into: &context, using: Carrier())
                let span = tracer.startSpan("s", context: context)
                #expect(span.isRecording == isRecorded, "\(header)")
                var carried: [String: String] = [:]
                tracer.inject(span.context, into: &carried, using: Carrier())
                let own = try #require(TraceParent(carried["traceparent"] ?? ""))
                #expect(own.isSampled == isRecorded && own.spanID != "b7ad6b7169203331")
                #expect((own.traceID == trace) == (TraceParent(header) != nil), "\(header)")
                span.end()
            }
            await tracer.shutdown(within: .seconds(Patience.seconds))
            #expect(try receiver.spans().count == 3)
        }
    }

    @Test func whatIsOnlyPassedOnStaysAsItIs() {
        let header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        for (given, carried) in [(header, [header]), ("nonsense", []), (header + "x", [])] {
            var context = InstrumentationContext.topLevel
            TracePropagator().extract(["traceparent": given], into: &context, using: Carrier())
            var carrier: [String: String] = [:]
            TracePropagator().inject(context, into: &carrier, using: Carrier())
            #expect(Array(carrier.values) == carried)
        }
    }

    @Test func spansBeyondTheQueueAreDroppedAndNobodyWaits() async throws {
        try await Self.with(.silent) { receiver, tracer in
            let begun = ContinuousClock.now
            for _ in 0..<10 * SpanExporter.mostWaiting { tracer.startSpan("s", context: .topLevel).end() }
            #expect(ContinuousClock.now - begun < .seconds(200), "less than the receiver's time")
            try await eventually { !receiver.bodies.isEmpty }
            // It ends in the time that it is given, though the receiver never answers.
            let ending = ContinuousClock.now
            await tracer.shutdown(within: .milliseconds(100))
            #expect(ContinuousClock.now - ending < .seconds(200))
            #expect(try receiver.spans().count <= SpanExporter.mostSent, "the first batch was not answered")
        }
    }

    @Test(arguments: [(400, ["lost", "kept"]), (503, ["again", "again", "kept"])])
    func aReceiverThatRefusesGetsWhatComesLater(status: Int, sent: [String]) async throws {
        try await Self.with(.answer(status)) { receiver, tracer in
            tracer.startSpan(sent[0], context: .topLevel).end()
            tracer.flush()
            try await eventually { !receiver.bodies.isEmpty }
            receiver.manner = .answer(200)
            tracer.startSpan("kept", context: .topLevel).end()
            await tracer.shutdown(within: .seconds(Patience.seconds))
            #expect(try receiver.spans().map { $0["name"] as? String } == sent)
            #expect(receiver.bodies.count == 2)
        }
    }
}
