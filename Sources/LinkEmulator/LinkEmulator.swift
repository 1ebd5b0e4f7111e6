public import ForetokenLinks
internal import NIOCore
internal import NIOPosix
public import Speculation

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A TCP proxy that emulates distance: what comes in on one side leaves on the other later, in order and unchanged.
///
/// It accepts connections and reaches for the other side at once; distance begins with the first byte. What is under
/// way is bounded: a source is not read while 4 MiB of it are held, so one connection carries at most that much in the
/// time of a delay. Everything happens on one thread, which sleeps in between; a piece is late by the time of a wake-up.
public final class LinkEmulator: Sendable {
    private let address: Address
    private let group: MultiThreadedEventLoopGroup
    private let loop: any EventLoop
    private let state: NIOLoopBoundBox<LinkState>
    private let target: NIOLoopBoundBox<Address>
    private let listener: NIOLoopBoundBox<(any Channel)?>

    /// - Parameters:
    ///   - address: where to listen, as `tcp://127.0.0.1:0`.
    ///   - target: where the link leads, as `tcp://host:port`.
    /// - Throws: `LinkError.badAddress`.
    public init(
        at address: String = "tcp://127.0.0.1:0", to target: String, settings: LinkSettings = LinkSettings()
    ) throws(LinkError) {
        self.address = try Address(address, listening: true)
        let targetAddress = try Self.target(target)
        guard self.address.endpoint != nil else { throw Self.notTCP(address) }
        self.group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        self.loop = self.group.next()
        self.state = .makeBoxSendingValue(LinkState(settings), eventLoop: self.loop)
        self.target = .makeBoxSendingValue(targetAddress, eventLoop: self.loop)
        self.listener = .makeBoxSendingValue(nil, eventLoop: self.loop)
    }

    private static func target(_ text: String) throws(LinkError) -> Address {
        let address = try Address(text, listening: false)
        guard address.endpoint != nil else { throw Self.notTCP(text) }
        return address
    }

    private static func notTCP(_ text: String) -> LinkError {
        .badAddress(text, reason: "a link is emulated for tcp only")
    }

    /// Listens; to be stopped in any case.
    ///
    /// - Returns: where it really listens.
    public func start() async throws(LinkError) -> String {
        do {
            return try await self.listen()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw .addressInUse(self.address.text)
        } catch {
            throw .failed(self.address.text, reason: "\(error)")
        }
    }

    /// Closes all connections, and ends the thread.
    public func stop() async {
        await self.onLoop {
            self.listener.value?.close(promise: nil)
            self.state.value.drop()
        }
        try? await self.group.shutdownGracefully()
    }

    // MARK: While it runs

    /// Leads new connections elsewhere.
    ///
    /// - Throws: `LinkError.badAddress`.
    public func lead(to target: String) async throws(LinkError) {
        let address = try Self.target(target)
        await self.onLoop { self.target.value = address }
    }

    /// Changes delay and jitter of what is sent from now on. It still does not overtake what was sent before.
    public func set(delay: Seconds, jitter: Seconds) async {
        await self.onLoop {
            self.state.value.settings.delay = delay
            self.state.value.settings.jitter = jitter
        }
    }

    /// Changes the delay of what is sent from now on. It still does not overtake what was sent before.
    public func set(delay: Seconds) async {
        await self.onLoop { self.state.value.settings.delay = delay }
    }

    /// Lets nothing pass any more, and loses nothing.
    public func freeze() async {
        await self.onLoop { self.state.value.freeze(true) }
    }

    /// Lets everything pass again; what would have arrived meanwhile arrives now.
    public func thaw() async {
        await self.onLoop { self.state.value.freeze(false) }
    }

    /// Closes all connections; what is under way is lost. New ones may come.
    public func drop() async {
        await self.onLoop { self.state.value.drop() }
    }

    private func onLoop(_ body: @escaping @Sendable () -> Void) async {
        // Fails after `stop` only, where there is nothing to do any more.
        try? await self.loop.submit(body).get()
    }

    // MARK: Connections

    private func listen() async throws -> String {
        let (host, port) = self.address.endpoint!
        let channel = try await ServerBootstrap(group: self.group)
            .serverChannelOption(.backlog, value: 64)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.autoRead, value: false)
            // It becomes active, and is read, once the other side is reached; where it is not, it is closed.
            .childChannelInitializer { self.reachOut(for: $0) }
            .bind(host: host == "*" ? "0.0.0.0" : host, port: port)
            .get()
        await self.onLoop { self.listener.value = channel }
        let shown = self.address.isIPv6 ? "[\(host)]" : host == "*" ? "0.0.0.0" : host
        return "tcp://\(shown):\(channel.localAddress?.port ?? port)"
    }

    private func reachOut(for near: any Channel) -> EventLoopFuture<Void> {
        let (host, port) = self.target.value.endpoint!
        let drops = self.state.value.drops
        return ClientBootstrap(group: self.loop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.autoRead, value: false)
            .connect(host: host, port: port)
            .flatMapThrowing { far in
                do {
                    // A drop also meets what was on its way to be a connection.
                    guard drops == self.state.value.drops else { throw ChannelError.ioOnClosedChannel }
                    try LinkConnection.join(near, far, over: self.state.value)
                } catch {
                    far.close(promise: nil)
                    throw error
                }
            }
    }
}

extension Address {
    /// Host, without brackets, and port; `nil` where it is not of tcp.
    fileprivate var endpoint: (host: String, port: Int)? {
        guard case .tcp(let host, let port) = self else { return nil }
        let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        return (bare, Int(port) ?? 0)
    }
}
