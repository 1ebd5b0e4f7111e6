public import Executors
public import ForetokenWire
internal import ZeroMQ

/// Links over ZeroMQ: `tcp://host:port`, `ipc://path`, or within the process `inproc://name`.
///
/// Names of `inproc` belong to one network: whoever wants to meet there shares it. Such a link does not come back
/// after the listening side has closed.
public struct ZeroMQNetwork: Network {
    private let context: Context
    private let isInsecure: Bool
    /// `nil` where there are no keys.
    private let gatekeeper: Gatekeeper?
    private let resolver: Resolver

    /// - Parameters:
    ///   - security: of tcp links.
    ///   - resolver: finds the addresses of peers that are named.
    /// - Throws: `LinkError` where the machine cannot do it.
    public init(_ security: LinkSecurity, resolver: Resolver = .system) throws(LinkError) {
        let context = Context()
        self.context = context
        self.resolver = resolver
        switch security {
        case .loopback: (self.isInsecure, self.gatekeeper) = (false, nil)
        case .insecure: (self.isInsecure, self.gatekeeper) = (true, nil)
        case .keys(let keyring):
            self.isInsecure = false
            do {
                self.gatekeeper = try Gatekeeper(keyring, in: context)
            } catch {
                throw .failed(keyring.directory, reason: error.reason)
            }
        }
    }

    /// Without keys, and so over tcp on the loopback only.
    public init(resolver: Resolver = .system) {
        self.context = Context()
        self.resolver = resolver
        (self.isInsecure, self.gatekeeper) = (false, nil)
    }

    /// Whose keys it has; `nil` where it has none.
    public var identity: Identity? { self.gatekeeper?.keyring.identity }

    public func makeLoop(name: String) -> any Loop {
        SocketLoop(name: name)
    }

    public func isMember(_ identity: Identity) -> Bool {
        self.gatekeeper.map { $0.member(identity.key) == identity } ?? true
    }

    public func takeNews() -> SecurityNews { self.gatekeeper?.takeNews() ?? SecurityNews() }

    public func listen(
        at address: String, on loop: any Loop, handler: @escaping @Sendable (LinkEvent) -> Void
    ) throws(LinkError) -> any Link {
        try self.listen(at: address, atMost: Envelope.maximumSize, on: loop, handler: handler)
    }

    public func listen(
        at address: String, atMost bytes: Int, on loop: any Loop, handler: @escaping @Sendable (LinkEvent) -> Void
    ) throws(LinkError) -> any Link {
        let checked = try self.checked(address, listening: true)
        do {
            return try self.listen(checked, bytes, on: loop, handler)
        } catch .notHere(let text, let reason) {
            // libzmq listens at numbers and at interfaces; it may be a name.
            guard let number = try checked.resolved() else { throw .notHere(text, reason: reason) }
            return try self.listen(number, bytes, on: loop, handler)
        }
    }

    public func connect(
        to address: String, on loop: any Loop, handler: @escaping @Sendable (LinkEvent) -> Void
    ) throws(LinkError) -> any Link {
        try self.connect(to: address, expecting: nil, on: loop, handler)
    }

    public func connect(
        to address: String, expecting peer: ExpectedPeer, on loop: any Loop,
        handler: @escaping @Sendable (LinkEvent) -> Void
    ) throws(LinkError) -> any Link {
        try self.connect(to: address, expecting: .some(peer), on: loop, handler)
    }

    private func connect(
        to address: String, expecting peer: ExpectedPeer?, on loop: any Loop,
        _ handler: @escaping @Sendable (LinkEvent) -> Void
    ) throws(LinkError) -> any Link {
        let (name, checked) = try self.place(address)
        let loop = try Self.checked(loop, address)
        let gatekeeper = checked.isTCP ? self.gatekeeper : nil
        let listed = gatekeeper.map { keeper in { keeper.member($0) } }
        // libzmq's own names begin with 0; any other first byte keeps clear of them.
        let routingID = [1] + (0..<15).map { _ in UInt8.random(in: 0...255) }
        let identify = { () throws(LinkError) -> Identity? in
            guard let gatekeeper else { return nil }
            do throws(LinkError) {
                let server = try Self.server(peer, name: name, at: address, of: gatekeeper)
                gatekeeper.note(nil, at: address)
                return server
            } catch {
                if case .keys(let fault) = error { gatekeeper.note(fault, at: address) }
                throw error
            }
        }
        let dialing = Dialing(resolver: self.resolver, identify: identify) {
            (place, server) throws(LinkError) in
            try self.open(try Address(place, listening: false), routingID, server)
        }
        return try ZeroMQLink(to: checked.text, on: loop, member: listed, dialing, handler)
    }

    public func check(_ address: String, expecting peer: ExpectedPeer) throws(LinkError) {
        let (name, checked) = try self.place(address)
        guard checked.isTCP, let gatekeeper else { return }
        _ = try Self.server(peer, name: name, at: address, of: gatekeeper)
    }

    /// What is to be reached at an address, and the name before it.
    private func place(_ address: String) throws(LinkError) -> (name: String?, Address) {
        let (name, rest) = Address.split(address)
        guard name == nil || self.gatekeeper != nil else {
            throw .badAddress(
                address, reason: "the name before it chooses a key, and there are none; give them with --keys")
        }
        return (name, try self.checked(rest, listening: false))
    }

    private func checked(_ text: String, listening: Bool) throws(LinkError) -> Address {
        let address = try Address(text, listening: listening)
        guard address.isLoopback(listening: listening) || self.isInsecure || self.gatekeeper != nil else {
            throw .unprotected(text)
        }
        return address
    }

    private static func checked(_ loop: any Loop, _ address: String) throws(LinkError) -> SocketLoop {
        guard let loop = loop as? SocketLoop else {
            throw .failed(address, reason: "its loop was not made by this network")
        }
        loop.checkIsolated()
        return loop
    }

    /// Bytes that wait to be received from one peer at most, but for one message.
    private static let mostQueuedBytes = 64 << 20

    /// - Parameter bytes: of a message at most.
    private func options(_ address: Address, atMost bytes: Int) -> SocketOptions {
        var options = SocketOptions()
        options.maximumFrameSize = min(bytes, Envelope.maximumSize)
        // Messages may all be as long as they can be. Within the process there are no strangers.
        if case .inproc = address {
        } else {
            options.receiveHighWaterMark = min(1000, max(2, Self.mostQueuedBytes / options.maximumFrameSize))
        }
        options.ipv6 = address.isIPv6
        options.isMonitored = true
        return options
    }

    private func listen(
        _ address: Address, _ bytes: Int, on loop: any Loop, _ handler: @escaping @Sendable (LinkEvent) -> Void
    ) throws(LinkError) -> any Link {
        let loop = try Self.checked(loop, address.text)
        var options = self.options(address, atMost: bytes)
        let gatekeeper = address.isTCP ? self.gatekeeper : nil
        options.curve = gatekeeper.map { .server(secretKey: $0.keyring.own.secretKey, domain: "foretoken") }
        do {
            let socket = try Socket(.router, in: self.context, options: options)
            let real = try socket.bind(address.text)
            let listed = gatekeeper.map { keeper in { keeper.member($0) } }
            let refused = gatekeeper.map { keeper in { keeper.take($0) } }
            return ZeroMQLink(socket, address: real, on: loop, member: listed, refused: refused, handler)
        } catch {
            throw LinkError(error, address: address.text)
        }
    }

    /// - Parameter server: whom it shall reach and nobody else; `nil` where there are no keys.
    private func open(
        _ address: Address, _ routingID: [UInt8], _ server: Identity?
    ) throws(LinkError) -> Socket {
        var options = self.options(address, atMost: Envelope.maximumSize)
        options.routingID = routingID
        if let own = self.gatekeeper?.keyring.own, let server {
            options.curve = .client(own.pair, serverKey: server.key)
        }
        do {
            let socket = try Socket(.dealer, in: self.context, options: options)
            try socket.connect(address.text)
            return socket
        } catch {
            throw LinkError(error, address: address.text)
        }
    }

    private static func server(
        _ peer: ExpectedPeer?, name: String?, at address: String, of gatekeeper: Gatekeeper
    ) throws(LinkError) -> Identity {
        guard let peer else { throw .failed(address, reason: "it is not told who is expected there") }
        do {
            return try gatekeeper.keyring.server(peer, name: name)
        } catch {
            throw .keys(error)
        }
    }
}

extension LinkError {
    init(_ error: ZeroMQError, address: String) {
        self =
            error.isAddressInUse
            ? .addressInUse(address)
            : error.isElsewhere
                ? .notHere(address, reason: "no interface here has that address")
                : error.isBadAddress
                    ? .badAddress(address, reason: error.reason) : .failed(address, reason: error.reason)
    }
}
