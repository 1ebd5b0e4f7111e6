import NIOCore
import NIOHTTP1

/// Answers each request of a connection as soon as all of it is there; bodies are read and not looked at.
final class MonitorHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let answers: MonitorAnswers
    private var head: HTTPRequestHead?

    init(_ answers: MonitorAnswers) { self.answers = answers }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end:
            guard let head = self.head.take() else { return }
            self.write(self.answers.answer(to: head), isHead: head.method == .HEAD, context)
        }
    }

    private func write(_ answer: GatewayRoute.Answer, isHead: Bool, _ context: ChannelHandlerContext) {
        let body = context.channel.allocator.buffer(string: answer.body)
        let head = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: answer.status),
            headers: [
                "content-type": answer.contentType, "content-length": "\(body.readableBytes)", "server": "foretoken",
            ])
        context.write(self.wrapOutboundOut(.head(head)), promise: nil)
        if !isHead { context.write(self.wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
        context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
    }

    /// Whoever asks no more, in time or at all, is let go: everything is answered by then.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent || event as? ChannelEvent == .inputClosed {
            context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }
}
