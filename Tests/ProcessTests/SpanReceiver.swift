import Foundation
import Testing

/// A receiver of spans in a process of its own, which reads them by OpenTelemetry's own definitions.
struct SpanReceiver: Sendable {
    struct Span: Decodable, Sendable {
        var service: String
        var trace: String
        var span: String
        /// Empty for the first of a trace.
        var parent: String
        var name: String
        var kind: String
        var begun: UInt64
        var ended: UInt64
        var status: Int
        var attributes: [String: Value]

        subscript(name: String) -> Value? { self.attributes[name] }
    }

    enum Value: Decodable, Equatable, Sendable {
        case text(String)
        case number(Double)
        case texts([String])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                self = .text(text)
            } else if let number = try? container.decode(Double.self) {
                self = .number(number)
            } else {
                self = .texts(try container.decode([String].self))
            }
        }

        var number: Double? { if case .number(let number) = self { number } else { nil } }
    }

    private struct Ready: Decodable {
        var port: Int
    }

    private struct Refused: Decodable {
        var error: String
    }

    private let process: RunningProcess
    /// What has services send their spans here, soon.
    let environment: [String]

    init() async throws {
        let folder = Python.root.appending(path: "Tests/OTLPReceiver")
        self.process = try RunningProcess(
            ["-B", folder.appending(path: "receive.py").path], executable: try await Python.program(for: folder))
        let ready = try await self.process.wait(for: "port") { $0.output.contains("\n") }
        let line = Data(ready.output.prefix { $0 != "\n" }.utf8)
        let port = try JSONDecoder().decode(Ready.self, from: line).port
        self.environment = ["OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:\(port)", "OTEL_BSP_SCHEDULE_DELAY=50"]
    }

    /// All that have come, each exactly of the form that it has to be of.
    func spans() throws -> [Span] { try Self.spans(in: self.process.snapshot.output) }

    private static func spans(in output: String) throws -> [Span] {
        // The last line may not be whole.
        let whole = output[..<(output.lastIndex(of: "\n") ?? output.startIndex)]
        return try whole.split(separator: "\n").dropFirst().map { line in
            let data = Data(line.utf8)
            if let refused = try? JSONDecoder().decode(Refused.self, from: data) { Issue.record("\(refused.error)") }
            return try JSONDecoder().decode(Span.self, from: data)
        }
    }

    /// Waits until the spans that are `wanted` are as many.
    func wait(for count: Int, _ wanted: @escaping @Sendable (Span) -> Bool) async throws -> [Span] {
        try await self.process.wait(for: "\(count) spans") { snapshot in
            let spans = try? Self.spans(in: snapshot.output)
            return spans?.filter(wanted).count ?? 0 >= count
        }
        return try self.spans().filter(wanted)
    }
}
