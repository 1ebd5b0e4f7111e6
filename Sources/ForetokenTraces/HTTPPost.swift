internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// Posts a body over plain HTTP, on a connection of its own.
struct HTTPPost: Sendable {
    private let settings: TraceSettings

    init(_ settings: TraceSettings) {
        self.settings = settings
    }

    private struct Exchange: Sendable {
        var channel: any Channel
        var status: EventLoopFuture<Int>
    }

    /// The connection ended before there was an answer: it was closed at the other end, or took too long.
    struct NoAnswer: Error, CustomStringConvertible {
        let description = "the receiver gave no answer"
    }

    /// - Returns: the answer's status.
    func send(_ body: [UInt8]) async throws -> Int {
        let timeout = TimeAmount(self.settings.timeout)
        let exchange = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(min(timeout, .seconds(3)))
            .connect(host: self.settings.host, port: self.settings.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    let status = channel.eventLoop.makePromise(of: Int.self)
                    try channel.pipeline.syncOperations.addHandler(StatusHandler(status))
                    return Exchange(channel: channel, status: status.futureResult)
                }
            }
        let channel = exchange.channel
        let alarm = channel.eventLoop.scheduleTask(in: timeout) { channel.close(promise: nil) }
        defer {
            alarm.cancel()
            channel.close(promise: nil)
        }
        return try await withTaskCancellationHandler {
            channel.write(HTTPClientRequestPart.head(self.head(bytes: body.count)), promise: nil)
            channel.write(
                HTTPClientRequestPart.body(.byteBuffer(channel.allocator.buffer(bytes: body))), promise: nil)
            channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
            return try await exchange.status.get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }

    private func head(bytes: Int) -> HTTPRequestHead {
        let host = self.settings.host.contains(":") ? "[\(self.settings.host)]" : self.settings.host
        var headers: HTTPHeaders = [
            "Host": "\(host):\(self.settings.port)", "Content-Type": "application/json", "Content-Length": "\(bytes)",
            "User-Agent": "foretoken", "Connection": "close",
        ]
        for (name, value) in self.settings.headers { headers.replaceOrAdd(name: name, value: value) }
        return HTTPRequestHead(version: .http1_1, method: .POST, uri: self.settings.path, headers: headers)
    }
}

/// Hands on the status of an answer.
private final class StatusHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let status: EventLoopPromise<Int>

    init(_ status: EventLoopPromise<Int>) {
        self.status = status
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head(let head) = self.unwrapInboundIn(data) { self.status.succeed(Int(head.status.code)) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.status.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.status.fail(HTTPPost.NoAnswer())
        context.fireChannelInactive()
    }

    /// Also where no connection came about.
    func handlerRemoved(context: ChannelHandlerContext) { self.status.fail(HTTPPost.NoAnswer()) }
}
