internal import ForetokenWire
internal import Tracing

/// The spans of the texts that a service has, one each.
///
/// A text is found again by what its span is to those behind it, which the state carries along: so a state needs to
/// know nothing of spans.
struct TextSpans {
    /// `nil`: nothing is recorded, and what comes in is passed on as it is.
    private let tracer: (any Tracer)?
    private var open: [TraceParent: any Tracing.Span] = [:]

    /// Spans at most; texts beyond have none.
    private static let most = 4096

    init(_ tracer: (any Tracer)?) {
        self.tracer = tracer
    }

    /// Begins the span of a text.
    ///
    /// - Parameter parent: what the text came with.
    /// - Returns: what the parts behind this one are to go on from.
    mutating func begin(
        _ name: String, under parent: TraceParent?, _ attributes: @autoclosure () -> SpanAttributes = [:]
    ) -> TraceParent? {
        guard let tracer, self.open.count < Self.most else { return parent }
        var context = InstrumentationContext.topLevel
        tracer.extract(parent, into: &context, using: TraceCarrier())
        let span = tracer.startSpan(name, context: context, ofKind: .server)
        var own: TraceParent?
        tracer.inject(span.context, into: &own, using: TraceCarrier())
        guard let own, own != parent else { return parent }
        if span.isRecording { span.attributes = attributes() }
        self.open[own] = span
        return own
    }

    /// Ends the span of a text, if it has one.
    ///
    /// - Parameter attributes: in addition to those from its beginning.
    mutating func end(
        _ trace: TraceParent?, error: String? = nil, _ attributes: @autoclosure () -> SpanAttributes = [:]
    ) {
        guard let trace, let span = self.open.removeValue(forKey: trace) else { return }
        if span.isRecording {
            let attributes = attributes()
            span.updateAttributes { $0.merge(attributes) }
            if let error {
                span.updateAttributes { $0["error.type"] = error }
                span.setStatus(SpanStatus(code: .error, message: error))
            }
        }
        span.end()
    }

    /// Ends all that is left, as where the service ends.
    mutating func endAll() {
        for span in self.open.values { span.end() }
        self.open = [:]
    }
}

/// Carries a span from one service to another as W3C has it.
struct TraceCarrier: Injector, Extractor {
    func inject(_ value: String, forKey key: String, into carrier: inout TraceParent?) {
        if key == "traceparent" { carrier = TraceParent(value) }
    }

    func extract(key: String, from carrier: TraceParent?) -> String? { key == "traceparent" ? carrier?.text : nil }
}
