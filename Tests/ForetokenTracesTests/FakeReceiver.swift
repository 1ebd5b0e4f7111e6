import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A receiver of spans in this process, which keeps what it gets and answers as it is told.
final class FakeReceiver: Sendable {
    enum Manner: Sendable {
        case answer(Int)
        /// Takes what comes, and says nothing.
        case silent
    }

    private struct State {
        var manner: Manner
        var bodies: [Data] = []
    }

    private let state: Mutex<State>
    private let channel = Mutex<(any Channel)?>(nil)

    init(_ manner: Manner = .answer(200)) { self.state = Mutex(State(manner: manner)) }

    var manner: Manner {
        get { self.state.withLock { $0.manner } }
        set { self.state.withLock { $0.manner = newValue } }
    }

    var bodies: [Data] { self.state.withLock { $0.bodies } }

    /// Spans of all bodies.
    func spans() throws -> [[String: Any]] {
        try self.bodies.flatMap { body -> [[String: Any]] in
            let request = try JSONSerialization.jsonObject(with: body) as? [String: Any]
            let resources = request?["resourceSpans"] as? [[String: Any]] ?? []
            let scopes = resources.flatMap { $0["scopeSpans"] as? [[String: Any]] ?? [] }
            return scopes.flatMap { $0["spans"] as? [[String: Any]] ?? [] }
        }
    }

    /// - Returns: the port.
    func start() async throws -> Int {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(self))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        self.channel.withLock { $0 = channel }
        return channel.localAddress?.port ?? 0
    }

    func stop() async { try? await self.channel.withLock { $0.take() }?.close().get() }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let receiver: FakeReceiver
        private var body = Data()

        init(_ receiver: FakeReceiver) { self.receiver = receiver }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch self.unwrapInboundIn(data) {
            case .head: break
            case .body(let bytes): self.body += Data(bytes.readableBytesView)
            case .end:
                let manner = self.receiver.state.withLock { state in
                    state.bodies.append(self.body)
                    return state.manner
                }
                guard case .answer(let status) = manner else { return }
                let head = HTTPResponseHead(
                    version: .http1_1, status: .init(statusCode: status), headers: ["content-length": "0"])
                context.write(self.wrapOutboundOut(.head(head)), promise: nil)
                context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
            }
        }
    }
}
