internal import ForetokenWire
internal import Speculation
internal import Tracing

/// The span of a text at its client, by the tracer that the program has; other parts' spans are its children.
struct TextSpan: Sendable {
    private let span: any Tracing.Span

    /// Begins one under the current context, and has the request carry it. Where the program has no tracer it is
    /// nothing, and the request carries what the context has.
    init(_ request: inout Request) {
        let isChat = if case .chat = request.prompt { true } else { false }
        let operation = isChat ? "chat" : "text_completion"
        self.span = InstrumentationSystem.tracer.startSpan(operation, ofKind: .client)
        var trace: TraceParent?
        InstrumentationSystem.instrument.inject(self.span.context, into: &trace, using: TraceInjector())
        request.names.trace = trace
        guard self.span.isRecording else { return }
        self.span.updateAttributes {
            $0["gen_ai.operation.name"] = operation
            $0["gen_ai.provider.name"] = "foretoken"
        }
    }

    func end(_ statistics: GenerationStatistics) {
        if self.span.isRecording {
            self.span.updateAttributes {
                $0["gen_ai.usage.input_tokens"] = statistics.promptTokens
                $0["gen_ai.usage.output_tokens"] = statistics.generatedTokens
                $0["gen_ai.latency.time_to_first_token"] = statistics.timeToFirstToken
                $0["gen_ai.latency.e2e"] = statistics.seconds
                $0["foretoken.resumptions"] = statistics.resumptions
            }
        }
        self.span.end()
    }

    func fail(_ error: ForetokenError) {
        if self.span.isRecording {
            self.span.updateAttributes { $0["error.type"] = "\(error.code)" }
            self.span.setStatus(SpanStatus(code: .error, message: error.description))
        }
        self.span.end()
    }
}

/// Carries a span to the coordinator as W3C has it.
private struct TraceInjector: Injector {
    func inject(_ value: String, forKey key: String, into carrier: inout TraceParent?) {
        if key == "traceparent" { carrier = TraceParent(value) }
    }
}
