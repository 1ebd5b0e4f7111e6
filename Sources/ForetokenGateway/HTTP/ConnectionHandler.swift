import NIOCore
import NIOHTTP1

/// Carries out in a channel's pipeline what its exchanges and the table of connections decide. It notices that the
/// client closed the connection, in one direction or both, and closes it where the client has stopped reading, so that
/// what waits to be sent is bounded.
final class ConnectionHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// The request whose turn it is was found good: its body is wanted.
    struct BodyWanted: Sendable {}

    let connection = Connection()
    private let connections: Connections
    private let patience: TimeAmount
    private var number: Int?
    private var exchanges = Exchanges()
    private var stall: Scheduled<Void>?
    private var linger: Scheduled<Void>?

    /// Time in which a client may send the rest and take the last answer before all is closed; closing at once could
    /// lose it.
    private static let lingering = TimeAmount.seconds(2)

    /// - Parameter patience: how long a client may take nothing of what is there for it.
    init(connections: Connections, patience: TimeAmount) {
        self.connections = connections
        self.patience = patience
    }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { self.open(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        self.open(context)
        context.fireChannelActive()
    }

    private func open(_ context: ChannelHandlerContext) {
        guard self.number == nil, let place = self.connections.open(context.channel) else { return }
        self.number = place.number
        if place.isForHealth { self.connection.restrictToHealth() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.stall?.cancel()
        self.linger?.cancel()
        if let number { self.connections.close(number) }
        self.connection.end()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed {
            self.exchanges.endReceiving()
            self.connection.end()
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// What cannot be read as HTTP has nothing behind it that could.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.exchanges.endReceiving()
        context.fireErrorCaught(error)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        self.stall?.cancel()
        let channel = context.channel
        self.stall =
            channel.isWritable
            ? nil : context.eventLoop.scheduleTask(in: self.patience) { channel.close(promise: nil) }
        self.tellTable(context)
        context.fireChannelWritabilityChanged()
    }

    /// Who does not read is waited for, too.
    private func tellTable(_ context: ChannelHandlerContext) {
        guard let number else { return }
        self.connections.note(number, isWaiting: !(self.exchanges.isAnswering && context.channel.isWritable))
    }

    // MARK: Requests and answers

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !self.exchanges.isClosing else { return }
        switch self.unwrapInboundIn(data) {
        case .head(let head):
            context.fireChannelRead(self.wrapInboundOut(.head(self.exchanges.receive(head))))
        case .body:
            context.fireChannelRead(data)
        case .end:
            self.exchanges.receiveEnd()
            self.tellTable(context)
            context.fireChannelRead(data)
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch self.unwrapOutboundIn(data) {
        case .head(let head):
            context.write(self.wrapOutboundOut(.head(self.exchanges.answer(head))), promise: promise)
        case .body:
            context.write(data, promise: promise)
        case .end:
            context.write(data, promise: promise)
            let fate = self.exchanges.answerEnd()
            self.tellTable(context)
            guard fate != .stays else { return }
            context.flush()
            if fate == .closes { context.close(mode: .output, promise: nil) }
            let channel = context.channel
            self.linger = context.eventLoop.scheduleTask(in: Self.lingering) { channel.close(promise: nil) }
        }
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard event is BodyWanted else { return context.triggerUserOutboundEvent(event, promise: promise) }
        if self.exchanges.accept() {
            let head = HTTPResponseHead(version: .http1_1, status: .continue)
            context.writeAndFlush(self.wrapOutboundOut(.head(head)), promise: nil)
        }
        promise?.succeed()
    }

    /// The state of a channel that has such a handler.
    static func connection(of channel: any Channel) async throws -> Connection {
        try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.handler(type: ConnectionHandler.self).connection
        }.get()
    }
}
