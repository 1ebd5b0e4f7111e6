public import Executors
internal import ForetokenWire
internal import ZeroMQ

/// Links over ZeroMQ: `tcp://host:port`, `ipc://path`, or within the process `inproc://name`.
///
/// Names of `inproc` belong to one network: whoever wants to meet there shares it. Such a link does not come back
/// after the listening side has closed.
public struct ZeroMQNetwork: Network {
    private let context: Context

    public init() {
        self.context = Context()
    }

    public func makeLoop(name: String) -> any Loop {
        SocketLoop(name: name)
    }

    public func listen(
        at address: String, on loop: any Loop, handler: @escaping @Sendable (LinkEvent) -> Void
    ) throws(LinkError) -> any Link {
        let checked = try Address(address, listening: true)
        do {
            return try self.makeLink(checked, .router, on: loop, handler)
        } catch .notHere(let text, let reason) {
            // libzmq listens at numbers and at interfaces; it may be a name.
            guard let number = try checked.resolved() else { throw .notHere(text, reason: reason) }
            return try self.makeLink(number, .router, on: loop, handler)
        }
    }

    public func connect(
        to address: String, on loop: any Loop, handler: @escaping @Sendable (LinkEvent) -> Void
    ) throws(LinkError) -> any Link {
        let checked = try Address(address, listening: false)
        return try self.makeLink(checked, .dealer, on: loop, handler)
    }

    private func makeLink(
        _ address: Address, _ kind: SocketKind, on loop: any Loop, _ handler: @escaping @Sendable (LinkEvent) -> Void
    ) throws(LinkError) -> any Link {
        guard let loop = loop as? SocketLoop else {
            throw .failed(address.text, reason: "its loop was not made by this network")
        }
        loop.checkIsolated()
        var options = SocketOptions()
        options.maximumFrameSize = Envelope.maximumSize
        options.ipv6 = address.isIPv6
        options.isMonitored = true
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
            return ZeroMQLink(socket, address: real, on: loop, listens: kind == .router, handler)
        } catch {
            throw LinkError(error, address: address.text)
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
