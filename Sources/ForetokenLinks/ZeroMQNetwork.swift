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

    /// - Parameter security: of tcp links.
    /// - Throws: `LinkError` where the machine cannot do it.
    public init(_ security: LinkSecurity) throws(LinkError) {
        let context = Context()
        self.context = context
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
    public init() {
        self.context = Context()
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
        let checked = try self.checked(address, listening: true)
        do {
            return try self.makeLink(checked, .router, nil, on: loop, handler)
        } catch .notHere(let text, let reason) {
            // libzmq listens at numbers and at interfaces; it may be a name.
            guard let number = try checked.resolved() else { throw .notHere(text, reason: reason) }
            return try self.makeLink(number, .router, nil, on: loop, handler)
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
        let (name, rest) = Address.split(address)
        guard let gatekeeper else {
            guard name == nil else {
                throw .badAddress(
                    address, reason: "the name before it chooses a key, and there are none; give them with --keys")
            }
            return try self.makeLink(try self.checked(rest, listening: false), .dealer, nil, on: loop, handler)
        }
        let checked = try self.checked(rest, listening: false)
        guard case .tcp = checked else { return try self.makeLink(checked, .dealer, nil, on: loop, handler) }
        guard let peer else { throw .failed(address, reason: "it is not told who is expected there") }
        let server: Identity
        do {
            server = try gatekeeper.keyring.server(peer, name: name)
        } catch {
            throw .keys(error)
        }
        return try self.makeLink(checked, .dealer, server, on: loop, handler)
    }

    private func checked(_ text: String, listening: Bool) throws(LinkError) -> Address {
        let address = try Address(text, listening: listening)
        guard address.isLoopback || self.isInsecure || self.gatekeeper != nil else { throw .unprotected(text) }
        return address
    }

    /// - Parameter server: who is to be reached, of a connecting link with keys.
    private func makeLink(
        _ address: Address, _ kind: SocketKind, _ server: Identity?, on loop: any Loop,
        _ handler: @escaping @Sendable (LinkEvent) -> Void
    ) throws(LinkError) -> any Link {
        guard let loop = loop as? SocketLoop else {
            throw .failed(address.text, reason: "its loop was not made by this network")
        }
        loop.checkIsolated()
        var options = SocketOptions()
        options.maximumFrameSize = Envelope.maximumSize
        options.ipv6 = address.isIPv6
        options.curve = self.curve(address, kind, server)
        if kind == .dealer {
            // libzmq's own names begin with 0; any other first byte keeps clear of them.
            options.routingID = [1] + (0..<15).map { _ in UInt8.random(in: 0...255) }
        }
        do {
            let socket = try Socket(kind, in: self.context, options: options)
            let real: String
            switch kind {
            case .router:
                real = try socket.bind(address.text)
            case .dealer:
                try socket.connect(address.text)
                real = address.text
            }
            let identify = options.curve == nil ? nil : self.identify(server)
            return ZeroMQLink(
                socket, address: real, on: loop, listens: kind == .router, identify: identify, handler)
        } catch {
            throw LinkError(error, address: address.text)
        }
    }

    private func curve(_ address: Address, _ kind: SocketKind, _ server: Identity?) -> Curve.Side? {
        guard let own = self.gatekeeper?.keyring.own, case .tcp = address else { return nil }
        switch kind {
        case .router: return .server(secretKey: own.secretKey, domain: "foretoken")
        case .dealer: return server.map { .client(own.pair, serverKey: $0.key) }
        }
    }

    /// Tells of a message who sent it: whom the connection was made to, or whom the doorman let in; as the list of
    /// members has them now.
    private func identify(_ server: Identity?) -> ((Received) -> Result<Identity, ZeroMQLink.Unlisted>)? {
        guard let gatekeeper else { return nil }
        return { received in
            let key = server?.key ?? received.userID ?? ""
            guard let member = gatekeeper.member(key), server == nil || member.role == server?.role else {
                return .failure(ZeroMQLink.Unlisted(key: key))
            }
            return .success(member)
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
