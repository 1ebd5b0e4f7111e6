internal import Foundation

/// Where spans are sent and under whose name, as OpenTelemetry's environment variables say.
public struct TraceSettings: Equatable, Sendable {
    public var host: String
    public var port: Int
    /// Such as `/v1/traces`.
    public var path: String
    /// Sent with every batch.
    public var headers: [String: String] = [:]
    /// What the process is known by, such as `service.name`.
    public var resource: [String: String]
    /// How long the receiver may take for a batch.
    public var timeout: Duration = .seconds(10)
    /// Time between two batches.
    public var interval: Duration = .seconds(5)

    public struct Malformed: Error, CustomStringConvertible {
        public let description: String
    }

    public init(host: String, port: Int, path: String = "/v1/traces", service: String) {
        self.host = host
        self.port = port
        self.path = path
        self.resource = ["service.name": service]
    }

    /// Reads `OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`, `OTEL_SERVICE_NAME`,
    /// `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_EXPORTER_OTLP_TIMEOUT` and
    /// `OTEL_BSP_SCHEDULE_DELAY`.
    ///
    /// - Parameter service: name of the service, where the environment gives none.
    /// - Returns: `nil` where no endpoint is named, or tracing is off by `OTEL_SDK_DISABLED` or `OTEL_TRACES_EXPORTER`.
    public init?(_ environment: [String: String], service: String) throws(Malformed) {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        let isOff = value("OTEL_SDK_DISABLED")?.lowercased() == "true" || value("OTEL_TRACES_EXPORTER") == "none"
        let own = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
        let name = value(own) != nil ? own : "OTEL_EXPORTER_OTLP_ENDPOINT"
        guard !isOff, let text = value(name) else { return nil }
        // The text is not told: it may hold a password.
        guard let parts = URLComponents(string: text), parts.scheme?.lowercased() == "http",
            let host = parts.host?.trimmingCharacters(in: ["[", "]"]), !host.isEmpty, parts.query == nil,
            parts.user == nil
        else {
            throw Malformed(
                description: "\(name) is not of the form http://HOST:4318, without a user and a query; https is not "
                    + "spoken, so name a collector nearby")
        }
        for name in ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"] {
            guard value(name) == "grpc" else { continue }
            throw Malformed(
                description: "\(name) is grpc, which is not spoken; a collector takes OTLP over HTTP, mostly at port "
                    + "4318, and \(name)=http/json says so")
        }
        let path = parts.percentEncodedPath
        let base = path.hasSuffix("/") ? String(path.dropLast()) : path
        self.init(
            host: host, port: parts.port ?? 80,
            path: name == own ? (path.isEmpty ? "/" : path) : base + "/v1/traces", service: service)
        self.headers = try Self.pairs(value("OTEL_EXPORTER_OTLP_HEADERS") ?? "", "OTEL_EXPORTER_OTLP_HEADERS")
        let attributes = try Self.pairs(value("OTEL_RESOURCE_ATTRIBUTES") ?? "", "OTEL_RESOURCE_ATTRIBUTES")
        self.resource.merge(attributes) { $1 }
        if let service = value("OTEL_SERVICE_NAME") { self.resource["service.name"] = service }
        self.timeout = try Self.milliseconds("OTEL_EXPORTER_OTLP_TIMEOUT", environment) ?? self.timeout
        self.interval = try Self.milliseconds("OTEL_BSP_SCHEDULE_DELAY", environment) ?? self.interval
    }

    /// `key=value,key=value`, with percent signs for what may not stand there.
    private static func pairs(_ text: String, _ name: String) throws(Malformed) -> [String: String] {
        var pairs: [String: String] = [:]
        for pair in text.split(separator: ",") {
            let parts = pair.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            guard parts.count == 2, !parts[0].isEmpty, let value = parts[1].removingPercentEncoding,
                !value.contains(where: \.isNewline), !parts[0].contains(where: \.isWhitespace)
            else { throw Malformed(description: "\(name) is not a list such as key=value,key=value") }
            pairs[parts[0]] = value
        }
        return pairs
    }

    private static func milliseconds(_ name: String, _ environment: [String: String]) throws(Malformed) -> Duration? {
        guard let text = environment[name], !text.isEmpty else { return nil }
        guard let number = Int(text), (1...86_400_000).contains(number) else {
            throw Malformed(description: "\(name) is \"\(text)\", and has to be a number of milliseconds from 1 on")
        }
        return .milliseconds(number)
    }
}
