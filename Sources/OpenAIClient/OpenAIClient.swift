internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// Asks a server that speaks OpenAI's protocol, over plain HTTP.
public final class OpenAIClient: Sendable {
    /// Most bytes of an answer that is read whole, and of a stream.
    private static let mostBytes = 64 << 20

    private let address: OpenAIAddress
    private let key: String?
    private let pool: ConnectionPool

    /// - Parameters:
    ///   - key: sent with every request; `nil` where the server asks for none.
    ///   - patience: how long nothing may come of an answer; `nil`: any time.
    public init(_ address: OpenAIAddress, key: String?, patience: Duration? = nil) {
        self.address = address
        self.key = key
        self.pool = ConnectionPool(host: address.host, port: address.port, patience: patience)
    }

    /// The names of the server's models.
    public func models(timeout: Duration) async throws(OpenAIError) -> [String] {
        var body: [UInt8] = []
        var status = 0
        try await self.exchange(.GET, "/models", [], timeout) { (event) throws(OpenAIError) in
            switch event {
            case .head(let code, _): status = code
            case .body(let bytes, _): body += bytes
            case .end, .failed: break
            }
        }
        guard status == 200 else { throw .status(status, ServerError.words(in: body)) }
        do {
            return try ModelList(body).data.map(\.id)
        } catch {
            throw .unexpected("no list of models: \(String(decoding: body.prefix(80), as: UTF8.self))")
        }
    }

    /// Lets the server stream a text, and waits for its end.
    ///
    /// - Parameters:
    ///   - timeout: until the whole text must be there.
    ///   - arrived: called with each arrival.
    /// - Returns: what came, though it came to no end.
    public func stream(
        _ request: CompletionRequest, timeout: Duration, arrived: @Sendable (StreamedCompletion.Arrival) -> Void
    ) async -> StreamedCompletion {
        var reader = CompletionReader()
        let begun = ContinuousClock.now
        do throws(OpenAIError) {
            let ended = try await self.read(request, timeout, into: &reader, arrived)
            return reader.completion(from: begun, to: ended)
        } catch {
            return reader.completion(from: begun, to: .now, error)
        }
    }

    /// Lets the server stream a text, or the rest of it behind what the reader has read.
    ///
    /// - Returns: when it ended.
    func read(
        _ request: CompletionRequest, _ timeout: Duration, into reader: inout CompletionReader,
        _ arrived: @Sendable (StreamedCompletion.Arrival) -> Void
    ) async throws(OpenAIError) -> ContinuousClock.Instant {
        var ended = ContinuousClock.Instant?.none
        var failure: (status: Int, body: [UInt8])?
        try await self.exchange(
            .POST, request.isChat ? "/chat/completions" : "/completions", request.body, behind: reader.lastEventID,
            timeout
        ) { (event) throws(OpenAIError) in
            switch event {
            case .head(let status, let type):
                if status != 200 {
                    failure = (status, [])
                } else if !type.lowercased().hasPrefix("text/event-stream") {
                    throw .unexpected("no event stream, but \(type.isEmpty ? "an unnamed type" : type)")
                }
            case .body(let bytes, let time):
                if failure != nil {
                    failure?.body += bytes
                } else {
                    try reader.take(bytes, at: time, arrived)
                }
            case .end(_, let time): ended = time
            case .failed: break
            }
        }
        if let failure { throw .status(failure.status, ServerError.words(in: failure.body)) }
        try reader.end()
        return ended ?? .now
    }

    /// Sends a request and hands on what comes back, but for failures, which are thrown.
    private func exchange(
        _ method: HTTPMethod, _ path: String, _ body: [UInt8], behind id: String? = nil, _ timeout: Duration,
        _ take: (HTTPExchange.Event) throws(OpenAIError) -> Void
    ) async throws(OpenAIError) {
        let deadline = ContinuousClock.now + timeout
        let head = self.head(method, path, bytes: body.count, behind: id)
        if let channel = self.pool.takeIdle() {
            var isAnswered = false
            do throws(OpenAIError) {
                return try await self.exchange(head, body, over: channel, until: deadline) {
                    (event) throws(OpenAIError) in
                    isAnswered = true
                    try take(event)
                }
            } catch {
                // Where nothing came back, the server had given the idle connection up.
                guard error == .connectionLost, !isAnswered else { throw error }
            }
        }
        let channel = try await self.pool.connect()
        try await self.exchange(head, body, over: channel, until: deadline, take)
    }

    private func exchange(
        _ head: HTTPRequestHead, _ body: [UInt8], over channel: any Channel,
        until deadline: ContinuousClock.Instant, _ take: (HTTPExchange.Event) throws(OpenAIError) -> Void
    ) async throws(OpenAIError) {
        let (events, continuation) = AsyncStream.makeStream(of: HTTPExchange.Event.self)
        let exchange = HTTPExchange(head: head, body: body, events: continuation)
        let left = max(.zero, deadline - .now)
        let alarm = channel.eventLoop.scheduleTask(in: .nanoseconds(Int64(left / .nanoseconds(1)))) {
            continuation.yield(.failed(.timedOut))
        }
        defer { alarm.cancel() }
        channel.writeAndFlush(exchange).whenFailure { _ in continuation.yield(.failed(.connectionLost)) }
        var received = 0
        do throws(OpenAIError) {
            for await event in events {
                switch event {
                case .failed(let error): throw error
                case .body(let bytes, _):
                    received += bytes.count
                    if received > Self.mostBytes { throw .unexpected("more than \(Self.mostBytes >> 20) MiB") }
                    try take(event)
                case .end(let isReusable, _):
                    try take(event)
                    if isReusable { self.pool.putBack(channel) } else { channel.close(promise: nil) }
                    return
                case .head: try take(event)
                }
            }
            throw .cancelled
        } catch {
            channel.close(promise: nil)
            throw error
        }
    }

    private func head(_ method: HTTPMethod, _ path: String, bytes: Int, behind id: String?) -> HTTPRequestHead {
        var headers: HTTPHeaders = [
            "Host": self.address.authority, "User-Agent": "foretoken", "Accept": "*/*",
            "Content-Length": "\(bytes)",
        ]
        if bytes > 0 { headers.add(name: "Content-Type", value: "application/json") }
        if let key { headers.add(name: "Authorization", value: "Bearer \(key)") }
        if let id { headers.add(name: "Last-Event-ID", value: id) }
        return HTTPRequestHead(version: .http1_1, method: method, uri: self.address.path + path, headers: headers)
    }
}
