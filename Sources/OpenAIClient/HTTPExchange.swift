internal import NIOCore
internal import NIOHTTP1

/// A request, and where its answer goes.
struct HTTPExchange: Sendable {
    enum Event: Sendable {
        case head(status: Int, contentType: String)
        case body([UInt8], at: ContinuousClock.Instant)
        case end(isReusable: Bool, at: ContinuousClock.Instant)
        case failed(OpenAIError)
    }

    var head: HTTPRequestHead
    var body: [UInt8]
    var events: AsyncStream<Event>.Continuation
}

/// Sends one exchange after the other over a connection, and stamps what comes with the time at which it came.
final class HTTPExchangeHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = HTTPExchange
    typealias OutboundOut = HTTPClientRequestPart

    private var events: AsyncStream<HTTPExchange.Event>.Continuation?
    private var isReusable = false

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let exchange = self.unwrapOutboundIn(data)
        self.events = exchange.events
        context.write(self.wrapOutboundOut(.head(exchange.head)), promise: nil)
        if !exchange.body.isEmpty {
            let buffer = context.channel.allocator.buffer(bytes: exchange.body)
            context.write(self.wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
        }
        context.write(self.wrapOutboundOut(.end(nil)), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let now = ContinuousClock.now
        switch self.unwrapInboundIn(data) {
        case .head(let head):
            self.isReusable = head.isKeepAlive
            let type = head.headers.first(name: "Content-Type") ?? ""
            self.events?.yield(.head(status: Int(head.status.code), contentType: type))
        case .body(let buffer):
            self.events?.yield(.body(Array(buffer.readableBytesView), at: now))
        case .end:
            self.finish(.end(isReusable: self.isReusable && context.channel.isActive, at: now))
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is IdleStateHandler.IdleStateEvent else { return context.fireUserInboundEventTriggered(event) }
        self.finish(.failed(.silent))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.finish(.failed(.connectionLost))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case let error as HTTPParserError:
            self.finish(.failed(error == .invalidEOFState ? .connectionLost : .noHTTP))
        default:
            self.finish(.failed(.connectionLost))
        }
        context.close(promise: nil)
    }

    private func finish(_ event: HTTPExchange.Event) {
        self.events?.yield(event)
        self.events?.finish()
        self.events = nil
    }
}
