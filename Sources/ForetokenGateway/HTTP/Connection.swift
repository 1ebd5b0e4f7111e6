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

/// Notices in a channel's pipeline that its client closed it, in one direction or both.
final class ConnectionHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Never

    let connection = Connection()

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { self.connection.end() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
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
