import Executors
import ForetokenLinks
import ForetokenWire
import Synchronization
import TestSupport

/// Keeps a link where its own handler finds it.
final class LinkBox: Sendable {
    private let stored = Mutex<(any Link)?>(nil)

    var link: (any Link)? {
        get { self.stored.withLock { $0 } }
        set { self.stored.withLock { $0 = newValue } }
    }
}

/// Speaks to a service message by message, as tests want.
final class WirePeer: Sendable {
    private let network: ZeroMQNetwork
    private let loop: any Loop
    private let box = LinkBox()
    private let arrived: Recorder<Envelope>
    private let read = Mutex(0)

    /// - Parameter role: of the service that is expected there.
    init(to address: String, over network: ZeroMQNetwork = ZeroMQNetwork(), expecting role: Role = .target) async throws
    {
        self.network = network
        let loop = self.network.makeLoop(name: "peer")
        self.loop = loop
        let (network, box, arrived) = (self.network, self.box, Recorder<Envelope>())
        self.arrived = arrived
        let connections = Recorder<Void>()
        box.link = try await loop.run {
            try network.connect(to: address, expecting: ExpectedPeer(role), on: loop) { event in
                if case .connected = event { connections.add(()) }
                if case .message(let envelope, _, _) = event { arrived.add(envelope) }
            }
        }
        try await connections.wait(for: 1)
    }

    deinit {
        let box = self.box
        self.loop.execute { box.link?.close() }
    }

    func send(_ envelope: Envelope) {
        let box = self.box
        self.loop.execute { _ = box.link?.send(envelope, to: .only) }
    }

    /// The next message that `read` makes something of.
    func next<Result>(_ read: (Envelope) -> Result?) async throws -> Result {
        while true {
            let number = self.read.withLock { $0 }
            let envelope = try await self.arrived.wait(for: number + 1)[number]
            self.read.withLock { $0 = number + 1 }
            if let result = read(envelope) { return result }
        }
    }

    /// Greets, with a heartbeat so slow that no further one is needed.
    func greet(_ role: Role, name: String, like peer: Peer? = nil, version: UInt32 = protocolVersion) {
        let peer = Peer(
            role: role, name: name, model: peer?.model, heartbeatMilliseconds: 60_000, slots: peer?.slots ?? 0)
        self.send(Envelope(.hello(Hello(protocolVersion: version, peer: peer))))
    }

    func welcome() async throws -> Peer {
        try await self.next { if case .welcome(let welcome) = $0.body { welcome.peer } else { nil } }
    }

    func status() async throws -> Status {
        try await self.next { if case .status(let status) = $0.body { status } else { nil } }
    }
}
