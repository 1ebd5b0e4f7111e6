/// Answers, on a loop of its own, every handshake of the encrypted sockets of one context.
///
/// Without one such sockets let nobody in. It ends with the value.
public final class Doorman: Sendable {
    private let loop: SocketLoop
    private let door: Door

    /// - Parameters:
    ///   - isListed: whether the holder of a public key may come in; called on the loop.
    ///   - tell: called on the loop with every verdict.
    /// - Throws: where the context has one already.
    public init(
        in context: Context, on loop: SocketLoop, isListed: @escaping @Sendable (String) -> Bool,
        tell: @escaping @Sendable (ZAP.Verdict) -> Void
    ) throws(ZeroMQError) {
        self.loop = loop
        self.door = Door(try Self.bound(in: context), isListed: isListed, tell: tell)
        let door = self.door
        loop.execute { door.open(on: loop) }
    }

    private static func bound(in context: Context) throws(ZeroMQError) -> Socket {
        let socket = try Socket(.router, in: context)
        _ = try socket.bind(ZAP.endpoint)
        return socket
    }

    deinit {
        let (loop, door) = (self.loop, self.door)
        loop.execute { door.close(on: loop) }
    }

    /// The socket and its watch.
    ///
    /// `@unchecked Sendable`: made by one thread, handed over through the loop's queue, and used on the loop from then on.
    private final class Door: @unchecked Sendable {
        private let isListed: @Sendable (String) -> Bool
        private let tell: @Sendable (ZAP.Verdict) -> Void
        private var socket: Socket?
        private var watch: SocketLoop.Watch?

        init(
            _ socket: consuming Socket, isListed: @escaping @Sendable (String) -> Bool,
            tell: @escaping @Sendable (ZAP.Verdict) -> Void
        ) {
            self.isListed = isListed
            self.tell = tell
            self.socket = consume socket
        }

        func open(on loop: SocketLoop) {
            self.watch = loop.watch(self.socket!) { [weak self] in self?.answer() }
        }

        func close(on loop: SocketLoop) {
            if let watch = self.watch { loop.unwatch(watch) }
            self.watch = nil
            self.socket = nil
        }

        /// Answers some, so that the loop's other work has its turn.
        private func answer() {
            for _ in 0..<64 {
                guard let frames = try? self.socket?.receiveFrames(atMost: ZAP.mostFrames, ofBytes: ZAP.mostBytes)
                else {
                    return
                }
                let answer = ZAP.answer(frames, isListed: self.isListed)
                // Where the asker is gone meanwhile, nobody misses the answer.
                if !answer.frames.isEmpty { _ = try? self.socket!.send(frames: answer.frames) }
                self.tell(answer.verdict)
            }
        }
    }
}
