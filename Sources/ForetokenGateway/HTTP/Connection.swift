import NIOCore
import Synchronization

/// Tells that the other end of a connection is gone, while requests of it are answered.
final class Connection: Sendable {
    private struct State {
        var isGone = false
        var watches: [Int: @Sendable () -> Void] = [:]
        var next = 0
    }

    private let state = Mutex(State())

    /// Calls `action` once when the connection is gone; at once where it is.
    ///
    /// - Returns: for `forget`.
    func whenGone(_ action: @escaping @Sendable () -> Void) -> Int {
        let number = self.state.withLock { state -> Int? in
            guard !state.isGone else { return nil }
            state.next += 1
            state.watches[state.next] = action
            return state.next
        }
        if number == nil { action() }
        return number ?? 0
    }

    func forget(_ number: Int) {
        self.state.withLock { _ = $0.watches.removeValue(forKey: number) }
    }

    fileprivate func end() {
        let watches = self.state.withLock { state in
            state.isGone = true
            defer { state.watches = [:] }
            return state.watches.values.map { $0 }
        }
        for watch in watches { watch() }
    }
}

/// Notices in a channel's pipeline that its client closed it, in one direction or both; and closes it where its client
/// has stopped reading, so that what waits to be sent is bounded.
final class ConnectionHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Never

    let connection = Connection()
    private let patience: TimeAmount
    private var stall: Scheduled<Void>?

    /// - Parameter patience: how long a client may take nothing of what is there for it.
    init(patience: TimeAmount) {
        self.patience = patience
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        self.stall?.cancel()
        let channel = context.channel
        self.stall =
            channel.isWritable
            ? nil : context.eventLoop.scheduleTask(in: self.patience) { channel.close(promise: nil) }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { self.connection.end() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.stall?.cancel()
        self.stall = nil
        self.connection.end()
        context.fireChannelInactive()
    }

    /// Of a channel that has such a handler.
    static func connection(of channel: any Channel) async throws -> Connection {
        try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.handler(type: ConnectionHandler.self).connection
        }.get()
    }
}
