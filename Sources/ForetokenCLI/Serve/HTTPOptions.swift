import ArgumentParser
import CommandSupport
import Foretoken
import ForetokenGateway
import ForetokenLinks
import ForetokenMetrics
import Foundation
import Logging

/// HTTP next to a coordinator.
struct HTTPOptions: ParsableArguments {
    @Option(
        help: .init(
            """
            Serve OpenAI's protocol over HTTP too, such as at 127.0.0.1:8080; 0.0.0.0:8080 lets others in, port 0 takes a \
            free one. Nothing is encrypted: put a reverse proxy with TLS before it where others are on the way.
            """, valueName: "host:port"))
    var http: String?

    @Option(
        help: .init(
            "Let in only who has a key of this file: one a line, # begins a comment.", valueName: "file"))
    var apiKeyFile: String?

    @Option(help: .init("Bytes of a request at most.", valueName: "bytes"))
    var httpBodyLimit = 1 << 20

    @Option(
        help: .init(
            """
            Requests a minute of each key, or of each address where there are no keys: behind a proxy, whose address all \
            clients have, use keys. (default: any number)
            """, valueName: "n"))
    var rateLimit: Int?

    @Option(help: .init("Texts that HTTP's clients have written at once at most.", valueName: "n"))
    var httpTexts = 256

    @Option(
        help: .init(
            "A name to serve the model under, in place of its own; repeatable, or several with commas.",
            valueName: "name"))
    var modelName: [String] = []

    @Option(
        help: .init(
            """
            Let in web pages of this site, such as https://chat.example; repeatable, * for all. Without keys, whatever \
            such a page does is done.
            """, valueName: "origin"))
    var httpAllowOrigin: [String] = []

    private var modelNames: [String] {
        self.modelName.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }
            .map { $0.trimmingCharacters(in: .whitespaces) }
    }

    func validate() throws {
        try checkPositive(self.httpBodyLimit, "--http-body-limit")
        try checkPositive(self.rateLimit, "--rate-limit")
        try checkPositive(self.httpTexts, "--http-texts")
        if let http, HTTPAddress(http) == nil {
            throw ValidationError("--http \(http) is not an address; write it as 127.0.0.1:8080")
        }
        if self.modelNames.contains(where: \.isEmpty) { throw ValidationError("--model-name is empty") }
        for origin in self.httpAllowOrigin where AllowedOrigins([origin]) == nil {
            throw ValidationError("--http-allow-origin \(origin) is not an origin; write https://chat.example, or *")
        }
        let needsHTTP = [
            ("--api-key-file", self.apiKeyFile != nil), ("--rate-limit", self.rateLimit != nil),
            ("--model-name", !self.modelName.isEmpty), ("--http-allow-origin", !self.httpAllowOrigin.isEmpty),
        ]
        if self.http == nil, let (name, _) = needsHTTP.first(where: \.1) {
            throw ValidationError("\(name) needs --http")
        }
    }

    /// - Returns: what the gateway shall be; `nil` where none is wanted.
    func settings(logger: Logger) throws(CommandError) -> GatewaySettings? {
        guard let address = self.http.flatMap({ HTTPAddress($0) }) else { return nil }
        var settings = GatewaySettings(
            address: address, keys: try self.readKeys(), bodyLimit: self.httpBodyLimit,
            requestsPerMinute: self.rateLimit, mostTexts: self.httpTexts, logger: logger)
        settings.modelNames = self.modelNames
        settings.origins = AllowedOrigins(self.httpAllowOrigin) ?? .none
        return settings
    }

    /// Addresses besides OpenAI's.
    func routes(_ metrics: PrometheusMetrics?) -> [GatewayRoute] {
        guard self.http != nil, let metrics else { return [] }
        let figures = Figures(of: metrics)
        return [GatewayRoute(path: "/metrics", needsKey: true) { figures.answer }]
    }

    /// Options that a running gateway can take up anew; the file of keys is read again with them.
    static let live: Set = ["api-key-file", "rate-limit", "http-texts"]

    func readKeys() throws(CommandError) -> APIKeys? {
        guard let path = self.apiKeyFile else { return nil }
        return try APIKeys(file: path)
    }
}

extension APIKeys {
    /// Reads a file of keys.
    init(file path: String) throws(CommandError) {
        guard FileManager.default.fileExists(atPath: path) else {
            throw CommandError(.missingFile, "no key file at \(path)")
        }
        guard let data = FileManager.default.contents(atPath: path), let text = String(data: data, encoding: .utf8)
        else { throw CommandError(.badData, "the key file \(path) cannot be read as text") }
        do {
            try self.init(text)
        } catch {
            throw CommandError(.badData, "the key file \(path): \(error)")
        }
    }
}

extension Gateway {
    /// Starts one for a coordinator of this process.
    ///
    /// - Parameters:
    ///   - coordinator: where it listens.
    ///   - network: the coordinator's, whose key the gateway has too.
    /// - Returns: `nil` where none is wanted.
    static func serving(
        _ coordinator: String, _ settings: GatewaySettings?, _ routes: [GatewayRoute], over network: ZeroMQNetwork
    ) async throws(CommandError) -> (Gateway, HTTPAddress)? {
        guard let settings else { return nil }
        let gateway = Gateway(
            client: ForetokenClient(address: ServiceTrio.reachable(coordinator, network), network: network),
            settings: settings, routes: routes)
        do {
            return (gateway, try await gateway.start())
        } catch {
            await gateway.stop()
            throw CommandError(error)
        }
    }
}
