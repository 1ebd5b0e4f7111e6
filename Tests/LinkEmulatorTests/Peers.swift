import LinkEmulator
import NIOCore
import NIOPosix
import TestSupport
import Testing

/// A server, a link that leads to it, and a client at the link's other side.
struct Peers: Sendable {
    enum Event: Sendable {
        case bytes([UInt8], at: ContinuousClock.Instant)
        /// The other side sends nothing more.
        case end
        case closed
    }

    let link: LinkEmulator
    let client: any Channel
    let atClient = Recorder<Event>()
    /// The server's side of the connection.
    let server: any Channel
    let atServer = Recorder<Event>()
    private let listener: any Channel

    init(_ settings: LinkSettings) async throws {
        let accepted = Recorder<any Channel>()
        let (atServer, atClient) = (self.atServer, self.atClient)
        self.listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                accepted.add(channel)
                return channel.pipeline.addHandler(Listening(atServer))
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(self.listener.localAddress?.port)
        self.link = try LinkEmulator(to: "tcp://127.0.0.1:\(port)", settings: settings)
        let address = try await self.link.start()
        self.client = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { $0.pipeline.addHandler(Listening(atClient)) }
            .connect(host: "127.0.0.1", port: try #require(Int(address.split(separator: ":").last!))).get()
        self.server = try await accepted.wait(for: 1)[0]
    }

    func stop() async throws {
        await self.link.stop()
        try? await self.client.close()
        try? await self.server.close()
        try await self.listener.close()
    }

    static func send(_ bytes: [UInt8], on channel: any Channel) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
    }
}

/// Runs a test with a link, and takes all down whatever happens.
func withPeers(_ settings: LinkSettings, _ body: (Peers) async throws -> Void) async throws {
    let peers = try await Peers(settings)
    do {
        try await body(peers)
    } catch {
        try await peers.stop()
        throw error
    }
    try await peers.stop()
}

extension Peers.Event {
    fileprivate var bytes: [UInt8] { if case .bytes(let bytes, _) = self { bytes } else { [] } }

    fileprivate var isEnd: Bool { if case .bytes = self { false } else { true } }
}

extension Recorder<Peers.Event> {
    var bytes: [UInt8] { Array(self.elements.map(\.bytes).joined()) }

    /// Waits for so many bytes, and compares without printing them.
    func receives(_ bytes: [UInt8]) async throws -> Bool {
        try await self.wait { $0.reduce(0) { $0 + $1.bytes.count } >= bytes.count }
        return self.bytes == bytes
    }

    /// Waits until nothing more comes.
    func waitForEnd() async throws {
        try await self.wait { $0.contains(where: \.isEnd) }
    }

    private func wait(until condition: ([Peers.Event]) -> Bool) async throws {
        while case let elements = self.elements, !condition(elements) {
            do {
                try await self.wait(for: elements.count + 1)
            } catch {
                throw Silence(events: elements.count)
            }
        }
    }

    private struct Silence: Error {
        var events: Int
    }
}

private final class Listening: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private let recorder: Recorder<Peers.Event>

    init(_ recorder: Recorder<Peers.Event>) {
        self.recorder = recorder
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.recorder.add(.bytes(Array(self.unwrapInboundIn(data).readableBytesView), at: .now))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { self.recorder.add(.end) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.recorder.add(.closed)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
