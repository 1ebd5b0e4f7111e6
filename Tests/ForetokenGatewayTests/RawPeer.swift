import NIOCore
import NIOPosix
import TestSupport
import Testing

/// A connection on which a test says exactly what it wants, byte for byte.
final class RawPeer {
    private let channel: any Channel
    private let received: AsyncStream<String>
    private var iterator: AsyncStream<String>.AsyncIterator
    /// All that came so far.
    private(set) var text = ""

    /// Hands on what comes, and the end.
    private final class Reader: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let continuation: AsyncStream<String>.Continuation

        init(_ continuation: AsyncStream<String>.Continuation) {
            self.continuation = continuation
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            self.continuation.yield(String(buffer: self.unwrapInboundIn(data)))
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if let event = event as? ChannelEvent, event == .inputClosed { self.continuation.finish() }
        }

        func channelInactive(context: ChannelHandlerContext) { self.continuation.finish() }
    }

    init(_ http: HTTPPeer) async throws {
        let (received, continuation) = AsyncStream.makeStream(of: String.self)
        self.received = received
        self.iterator = received.makeAsyncIterator()
        self.channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Reader(continuation))
                }
            }
            .connect(host: http.host, port: http.port).get()
    }

    func send(_ text: String) async throws {
        try await self.channel.writeAndFlush(ByteBuffer(string: text))
    }

    /// A request with a body of JSON.
    func post(_ path: String, _ body: String, version: String = "1.1", _ headers: [String] = []) async throws {
        let lines = ["POST \(path) HTTP/\(version)", "Host: x", "Content-Length: \(body.utf8.count)"] + headers
        try await self.send(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
    }

    /// Says that nothing more will be sent.
    func endSending() async throws { try await self.channel.close(mode: .output) }

    func close() async { try? await self.channel.close() }

    struct TimedOut: Error {
        let text: String
    }

    /// Waits for more until it is enough, or for the end of the connection.
    ///
    /// - Returns: whether the connection has ended.
    @discardableResult
    func read(until isEnough: (String) -> Bool = { _ in false }) async throws -> Bool {
        let (channel, seconds) = (self.channel, Int64(Patience.seconds))
        let deadline = channel.eventLoop.scheduleTask(in: .seconds(seconds)) { channel.close(promise: nil) }
        let end = ContinuousClock.now + .seconds(seconds)
        defer { deadline.cancel() }
        while !isEnough(self.text) {
            guard let more = await self.iterator.next() else {
                guard ContinuousClock.now < end else { throw TimedOut(text: self.text) }
                return true
            }
            self.text += more
        }
        return false
    }

    /// The answer without its head.
    var body: String { self.text.firstRange(of: "\r\n\r\n").map { String(self.text[$0.upperBound...]) } ?? "" }

    /// The head's lines, in small letters.
    var head: [String] {
        self.text.firstRange(of: "\r\n\r\n").map { self.text[..<$0.lowerBound] }?
            .split(separator: "\r\n").map { $0.lowercased() } ?? []
    }
}
