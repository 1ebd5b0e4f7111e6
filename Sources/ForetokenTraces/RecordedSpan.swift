internal import ForetokenWire
internal import Synchronization
public import Tracing

/// A span while it lasts; at its end it is handed on, where its trace is recorded.
public final class RecordedSpan: Tracing.Span {
    public let context: InstrumentationContext
    private let own: TraceParent
    private let parent: TraceParent?
    private let kind: SpanKind
    private let begunAt: UInt64
    private let state: Mutex<State>
    private let ended: @Sendable (FinishedSpan) -> Void

    /// Events of a span at most.
    private static let mostEvents = 64

    private struct State {
        var name: String
        var attributes: SpanAttributes = [:]
        var events: [SpanEvent] = []
        var status: SpanStatus?
        var isEnded = false
    }

    /// - Parameters:
    ///   - own: what its children name.
    ///   - ended: called once, at the end of a span that is recorded.
    init(
        _ name: String, _ kind: SpanKind, own: TraceParent, parent: TraceParent?, in context: InstrumentationContext,
        at begunAt: UInt64, ended: @escaping @Sendable (FinishedSpan) -> Void
    ) {
        var context = context
        context.traceParent = own
        self.context = context
        (self.own, self.parent, self.kind, self.begunAt) = (own, parent, kind, begunAt)
        self.state = Mutex(State(name: name))
        self.ended = ended
    }

    public var isRecording: Bool { self.own.isSampled && !self.state.withLock { $0.isEnded } }

    public var operationName: String {
        get { self.state.withLock { $0.name } }
        set { self.state.withLock { $0.name = newValue } }
    }

    public var attributes: SpanAttributes {
        get { self.state.withLock { $0.attributes } }
        set { self.state.withLock { $0.attributes = newValue } }
    }

    public func setStatus(_ status: SpanStatus) { self.state.withLock { $0.status = status } }

    public func addEvent(_ event: SpanEvent) {
        self.state.withLock { if $0.events.count < Self.mostEvents { $0.events.append(event) } }
    }

    public func recordError<Instant: TracerInstant>(
        _ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant
    ) {
        var attributes = attributes
        attributes["exception.type"] = "\(type(of: error))"
        attributes["exception.message"] = "\(error)"
        self.addEvent(SpanEvent(name: "exception", at: instant(), attributes: attributes))
    }

    /// Spans of this project have no links.
    public func addLink(_ link: SpanLink) {}

    public func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
        let endedAt = instant().nanosecondsSinceEpoch
        let state = self.state.withLock { state -> State? in
            guard !state.isEnded else { return nil }
            state.isEnded = true
            return state
        }
        guard let state, self.own.isSampled else { return }
        self.ended(
            FinishedSpan(
                name: state.name, kind: self.kind, own: self.own, parent: self.parent?.spanID, begunAt: self.begunAt,
                // A clock may be set back meanwhile.
                endedAt: max(self.begunAt, endedAt), attributes: state.attributes, events: state.events,
                status: state.status))
    }
}

/// All that is told of a span.
struct FinishedSpan: Sendable {
    var name: String
    var kind: SpanKind
    var own: TraceParent
    /// `nil` for the first of a trace.
    var parent: String?
    /// Nanoseconds since 1970.
    var begunAt: UInt64
    var endedAt: UInt64
    var attributes: SpanAttributes
    var events: [SpanEvent]
    var status: SpanStatus?
}
