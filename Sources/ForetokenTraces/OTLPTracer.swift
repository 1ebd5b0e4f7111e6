internal import ForetokenWire
public import Logging
public import Tracing

/// Records spans, and sends them to a receiver of OpenTelemetry's protocol: OTLP over HTTP, as JSON.
///
/// A backend of swift-distributed-tracing. A trace that begins here is recorded; of one that comes in, W3C's flag
/// decides. Nobody waits for the receiver: spans wait in a queue, and what finds it full is dropped and counted.
public final class OTLPTracer: Tracer {
    public typealias Span = RecordedSpan

    private let exporter: SpanExporter

    public init(_ settings: TraceSettings, logger: Logger) {
        self.exporter = SpanExporter(settings, logger: logger)
    }

    /// Sends what is left, and records nothing more.
    ///
    /// - Parameter patience: how long that may take.
    public func shutdown(within patience: Duration = .seconds(3)) async {
        await self.exporter.shutdown(within: patience)
    }

    // MARK: What swift-distributed-tracing asks for

    public func startSpan<Instant: TracerInstant>(
        _ operationName: String, context: @autoclosure () -> InstrumentationContext, ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
    ) -> RecordedSpan {
        let context = context()
        let parent = context.traceParent
        let own = TraceParent(
            traceID: parent?.traceID ?? Self.digits(16), spanID: Self.digits(8), isSampled: parent?.isSampled ?? true)
        let exporter = self.exporter
        return RecordedSpan(
            operationName, kind, own: own, parent: parent, in: context, at: instant().nanosecondsSinceEpoch
        ) { exporter.add($0) }
    }

    /// A random number of so many bytes in hexadecimal digits, which is not 0.
    private static func digits(_ bytes: Int) -> String {
        (0..<bytes / 8).map { _ in
            let digits = String(UInt64.random(in: 1 ... .max), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    public func forceFlush() { self.flush() }

    /// Has what waits sent soon.
    func flush() { self.exporter.flush() }

    public func inject<Carrier, Inject: Injector>(
        _ context: InstrumentationContext, into carrier: inout Carrier, using injector: Inject
    ) where Inject.Carrier == Carrier {
        TracePropagator().inject(context, into: &carrier, using: injector)
    }

    public func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier, into context: inout InstrumentationContext, using extractor: Extract
    ) where Extract.Carrier == Carrier {
        TracePropagator().extract(carrier, into: &context, using: extractor)
    }
}

extension Logger.MetadataProvider {
    /// Names the span that is under way in each line of a log.
    public static var trace: Logger.MetadataProvider {
        Logger.MetadataProvider {
            guard let parent = InstrumentationContext.current?.traceParent else { return [:] }
            return ["trace_id": "\(parent.traceID)", "span_id": "\(parent.spanID)"]
        }
    }
}
