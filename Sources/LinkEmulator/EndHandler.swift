internal import NIOCore

/// Hands on what happens at one of a connection's sockets.
final class EndHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let connection: LinkConnection
    private let incoming: Transfer
    private let outgoing: Transfer

    /// - Parameters:
    ///   - incoming: carries away what comes in here.
    ///   - outgoing: brings what goes out here.
    init(_ connection: LinkConnection, incoming: Transfer, outgoing: Transfer) {
        self.connection = connection
        self.incoming = incoming
        self.outgoing = outgoing
    }

    func channelActive(context: ChannelHandlerContext) {
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.incoming.take(self.unwrapInboundIn(data))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.incoming.readOn()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        self.outgoing.deliver()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { self.incoming.takeEnd() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.incoming.takeEnd()
        self.outgoing.stop()
        self.connection.closeWhereOver()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
