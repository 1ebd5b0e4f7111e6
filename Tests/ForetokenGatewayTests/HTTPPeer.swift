import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing

/// A client of HTTP that does what it is told, and leaves when it is told.
struct HTTPPeer: Sendable {
    let host: String
    let port: Int
    /// Sent with every request.
    var key: String?

    struct Answer: Sendable {
        var status: Int
        var headers: [String: String]
        var body: Data

        var text: String { String(decoding: self.body, as: UTF8.self) }

        /// Members of the object that the body is.
        func object() throws -> [String: Any] {
            try #require(try JSONSerialization.jsonObject(with: self.body) as? [String: Any], "\(self.text)")
        }

        /// The `error` of the body.
        func error() throws -> [String: Any] { try #require(try self.object()["error"] as? [String: Any]) }

        func choices() throws -> [[String: Any]] { try #require(try self.object()["choices"] as? [[String: Any]]) }
    }

    typealias Channel = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

    /// Runs `body` with a connection, which is closed behind it.
    func connected<Result: Sendable>(
        _ body: (
            NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator,
            NIOAsyncChannelOutboundWriter<HTTPClientRequestPart>
        ) async throws -> Result
    ) async throws -> Result {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: self.host, port: self.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    return try Channel(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try await body(inbound.makeAsyncIterator(), outbound)
        }
    }

    private func head(_ method: HTTPMethod, _ path: String, _ length: Int?, _ more: [(String, String)])
        -> HTTPRequestHead
    {
        var headers = HTTPHeaders([("host", "\(self.host):\(self.port)")] + more)
        if let length { headers.add(name: "content-length", value: "\(length)") }
        if let key { headers.add(name: "authorization", value: "Bearer \(key)") }
        return HTTPRequestHead(version: .http1_1, method: method, uri: path, headers: headers)
    }

    /// Sends a request and takes its whole answer.
    func send(
        _ method: HTTPMethod, _ path: String, _ body: Data = Data(), headers: [(String, String)] = []
    ) async throws -> Answer {
        let head = self.head(method, path, body.count, headers)
        return try await self.connected { inbound, outbound in
            var inbound = inbound
            try await Self.send(head, body, outbound)
            return try await Self.answer(&inbound)
        }
    }

    static func send(
        _ head: HTTPRequestHead, _ body: Data, _ outbound: NIOAsyncChannelOutboundWriter<HTTPClientRequestPart>
    ) async throws {
        try await outbound.write(.head(head))
        if !body.isEmpty { try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: body)))) }
        try await outbound.write(.end(nil))
    }

    private static func answer(
        _ inbound: inout NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator
    ) async throws -> Answer {
        var answer = Answer(status: 0, headers: [:], body: Data())
        while let part = try await inbound.next() {
            switch part {
            case .head(let head):
                answer.status = Int(head.status.code)
                for (name, value) in head.headers { answer.headers[name.lowercased()] = value }
            case .body(let bytes): answer.body += Data(bytes.readableBytesView)
            case .end: return answer
            }
        }
        throw Ended()
    }

    /// The connection ended within an answer.
    struct Ended: Error {}

    func get(_ path: String) async throws -> Answer { try await self.send(.GET, path) }

    func post(_ path: String, _ json: String) async throws -> Answer {
        try await self.send(.POST, path, Data(json.utf8), headers: [("content-type", "application/json")])
    }

    /// Several requests over one connection.
    func post(_ path: String, each jsons: [String]) async throws -> [Answer] {
        let requests = jsons.map { (self.head(.POST, path, $0.utf8.count, []), Data($0.utf8)) }
        return try await self.connected { inbound, outbound in
            var inbound = inbound
            var answers: [Answer] = []
            for (head, body) in requests {
                try await Self.send(head, body, outbound)
                answers.append(try await Self.answer(&inbound))
            }
            return answers
        }
    }

    /// Takes the events of a stream, `[DONE]` included, until `wants` says that it wants no more; then it leaves.
    ///
    /// - Returns: the status, and what else than events came, as with an error.
    @discardableResult
    func stream(
        _ path: String, _ json: String, wants: @Sendable (String) -> Bool
    ) async throws -> (status: Int, rest: String) {
        try await self.rawStream(path, json) { event in
            guard event.hasPrefix("data: ") else { throw Ended() }
            return wants(String(event.dropFirst(6)))
        }
    }

    /// The same with the whole text of each event.
    @discardableResult
    func rawStream(
        _ path: String, _ json: String, headers: [(String, String)] = [], wants: @Sendable (String) throws -> Bool
    ) async throws -> (status: Int, rest: String) {
        let head = self.head(.POST, path, json.utf8.count, headers)
        return try await self.connected { inbound, outbound in
            var inbound = inbound
            try await Self.send(head, Data(json.utf8), outbound)
            var status = 0
            var pending = Data()
            while let part = try await inbound.next() {
                switch part {
                case .head(let head): status = Int(head.status.code)
                case .body(let bytes):
                    pending += Data(bytes.readableBytesView)
                    while let end = pending.firstRange(of: Data("\n\n".utf8)) {
                        let event = String(decoding: pending[..<end.lowerBound], as: UTF8.self)
                        pending = Data(pending[end.upperBound...])
                        if event.hasPrefix(":"), !event.contains("\n") { continue }
                        if try !wants(event) { return (status, "") }
                    }
                case .end: return (status, String(decoding: pending, as: UTF8.self))
                }
            }
            throw Ended()
        }
    }

    /// Asks for a stream, and reads nothing of it while `body` runs.
    func stalled(_ path: String, _ json: String, _ body: () async throws -> Void) async throws {
        let head = self.head(.POST, path, json.utf8.count, [])
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: false)
            .channelOption(.socketOption(.so_rcvbuf), value: 4096)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                }
            }
            .connect(host: self.host, port: self.port).get()
        channel.write(HTTPClientRequestPart.head(head), promise: nil)
        channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(string: json))), promise: nil)
        try await channel.writeAndFlush(HTTPClientRequestPart.end(nil))
        do {
            try await body()
        } catch {
            try? await channel.close()
            throw error
        }
        try? await channel.close()
    }

    /// All events of a stream.
    func events(_ path: String, _ json: String) async throws -> [String] {
        let events = Events()
        let (status, rest) = try await self.stream(path, json) {
            events.add($0)
            return true
        }
        #expect(status == 200, "\(rest)")
        #expect(rest.isEmpty)
        return events.all
    }
}
