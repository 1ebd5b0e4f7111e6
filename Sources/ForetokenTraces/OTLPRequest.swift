internal import ForetokenWire
internal import Foundation
internal import Tracing

/// A batch of spans in the form of `ExportTraceServiceRequest`, encoded as OTLP wants JSON: ids in hexadecimal digits,
/// 64-bit numbers as text, enumerations by number.
struct OTLPRequest: Encodable {
    private let resourceSpans: [ResourceSpans]

    init(_ spans: [FinishedSpan], resource: [String: String]) {
        let attributes = resource.sorted { $0.key < $1.key }
            .map { Attribute(key: $0.key, value: Value(stringValue: $0.value)) }
        self.resourceSpans = [
            ResourceSpans(
                resource: Resource(attributes: attributes),
                scopeSpans: [ScopeSpans(scope: Scope(name: "foretoken"), spans: spans.map(Span.init))])
        ]
    }

    var json: [UInt8] {
        get throws { Array(try JSONEncoder().encode(self)) }
    }

    private struct ResourceSpans: Encodable {
        var resource: Resource
        var scopeSpans: [ScopeSpans]
    }

    private struct Resource: Encodable {
        var attributes: [Attribute]
    }

    private struct ScopeSpans: Encodable {
        var scope: Scope
        var spans: [Span]
    }

    private struct Scope: Encodable {
        var name: String
    }

    private struct Span: Encodable {
        var traceId: String
        var spanId: String
        var parentSpanId: String?
        /// W3C's flags.
        var flags = 1
        var name: String
        var kind: Int
        var startTimeUnixNano: String
        var endTimeUnixNano: String
        var attributes: [Attribute]
        var events: [Event]
        var status: Status?

        init(_ span: FinishedSpan) {
            self.traceId = span.own.traceID
            self.spanId = span.own.spanID
            self.parentSpanId = span.parent
            self.name = span.name
            self.kind =
                switch span.kind {
                case .internal: 1
                case .server: 2
                case .client: 3
                case .producer: 4
                case .consumer: 5
                }
            self.startTimeUnixNano = "\(span.begunAt)"
            self.endTimeUnixNano = "\(span.endedAt)"
            self.attributes = Attribute.all(span.attributes)
            self.events = span.events.map {
                Event(
                    timeUnixNano: "\($0.nanosecondsSinceEpoch)", name: $0.name,
                    attributes: Attribute.all($0.attributes))
            }
            self.status = span.status.map { Status(message: $0.message, code: $0.code == .ok ? 1 : 2) }
            // A server's own fault is an error of its span; that of who asked is not.
            if self.status == nil, span.kind == .server,
                case .int64(let code)? = span.attributes.get("http.response.status_code"), code >= 500
            {
                self.status = Status(code: 2)
            }
        }
    }

    private struct Event: Encodable {
        var timeUnixNano: String
        var name: String
        var attributes: [Attribute]
    }

    private struct Status: Encodable {
        var message: String?
        var code: Int
    }

    private struct Attribute: Encodable {
        var key: String
        var value: Value

        static func all(_ attributes: SpanAttributes) -> [Attribute] {
            var all: [Attribute] = []
            attributes.forEach { all.append(Attribute(key: $0, value: Value($1))) }
            return all.sorted { $0.key < $1.key }
        }
    }

    private struct Values: Encodable {
        var values: [Value]
    }

    /// One of its members is there.
    private struct Value: Encodable {
        var stringValue: String?
        var boolValue: Bool?
        var intValue: String?
        var doubleValue: Double?
        var arrayValue: Values?

        /// Most bytes of a text; what a stranger sends may stand in it.
        private static let mostBytes = 1024

        init(stringValue: String) { self.stringValue = Self.bounded(stringValue) }

        private static func bounded(_ text: String) -> String {
            text.utf8.count <= Self.mostBytes
                ? text : String(decoding: text.utf8.prefix(Self.mostBytes), as: UTF8.self)
        }

        init(_ attribute: SpanAttribute) {
            switch attribute {
            case .int32(let value): self.intValue = "\(value)"
            case .int64(let value): self.intValue = "\(value)"
            // JSON has no other numbers.
            case .double(let value) where value.isFinite: self.doubleValue = value
            case .double(let value): self.stringValue = Self.bounded("\(value)")
            case .bool(let value): self.boolValue = value
            case .string(let value): self.stringValue = Self.bounded(value)
            case .stringConvertible(let value): self.stringValue = Self.bounded("\(value)")
            case .stringArray(let values): self.arrayValue = Values(values: values.map { Value(stringValue: $0) })
            default: self.stringValue = Self.bounded("\(attribute)")
            }
        }
    }
}
