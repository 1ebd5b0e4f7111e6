public import Executors
public import ForetokenLinks
internal import ForetokenWire
internal import Synchronization

/// Links within the process, for tests: messages go from loop to loop as they are, and suffer what the test asks for.
///
/// Any text is an address; one that ends in `:0` or `:*` gets a port of its own. The fate of each message is a
/// function of the seed, of the address, of the order in which links were connected there, and of how many messages
/// went that way before.
public final class InProcessNetwork: Network {
    /// Messages under way on one link and in one direction at most; more are `full`.
    public static let defaultCapacity = 10_000

    private let state: Mutex<InProcessState>

    public init(seed: UInt64 = 0, faults: Faults = .none, capacity: Int = InProcessNetwork.defaultCapacity) {
        self.state = Mutex(InProcessState(seed: seed, faults: faults, capacity: capacity))
    }

    /// The faults of all addresses that have none of their own; messages already under way keep their fate.
    public var faults: Faults {
        get { self.state.withLock { $0.faults } }
        set { self.state.withLock { $0.faults = newValue } }
    }

    /// Gives the links of one address faults of their own; `nil` takes them away again.
    public func setFaults(_ faults: Faults?, at address: String) {
        self.state.withLock { $0.faultsByAddress[address] = faults }
    }

    /// Gives an address another name; links made under that name have faults of their own.
    public func setAlias(_ alias: String, of address: String) {
        self.state.withLock { $0.aliases[alias] = address }
    }

    /// Cuts all links of this address: what is under way is lost, and both sides find each other unreachable and are told.
    public func disconnect(_ address: String) {
        self.change { $0.cut(address) }
    }

    /// Takes `disconnect` back.
    public func reconnect(_ address: String) {
        self.change { _ = $0.disconnected.remove(address) }
    }

    public func makeLoop(name: String) -> any Loop {
        ThreadLoop(name: name)
    }

    public func listen(
        at address: String, on loop: any Loop, handler: @escaping @Sendable (LinkEvent) -> Void
    ) throws(LinkError) -> any Link {
        loop.checkIsolated()
        guard !address.isEmpty else { throw .badAddress(address, reason: "it is empty") }
        let end = InProcessEnd(loop: loop, handler: handler)
        let result: Result<String, LinkError> = self.change { $0.listen(at: address, end) }
        return InProcessLink(address: try result.get(), peer: nil, end: end, network: self)
    }

    public func connect(
        to address: String, on loop: any Loop, handler: @escaping @Sendable (LinkEvent) -> Void
    ) throws(LinkError) -> any Link {
        loop.checkIsolated()
        guard !address.isEmpty else { throw .badAddress(address, reason: "it is empty") }
        let end = InProcessEnd(loop: loop, handler: handler)
        let peer = self.change { $0.connect(to: address, end) }
        return InProcessLink(address: address, peer: peer, end: end, network: self)
    }

    /// - Parameter connection: the connecting side's name, whichever side sends.
    func send(_ envelope: Envelope, over connection: PeerID, from end: InProcessEnd, at address: String) -> SendResult {
        switch self.state.withLock({ $0.route(over: connection, from: end, at: address) }) {
        case .unreachable: return .unreachable
        case .full: return .full
        case .deliver(let receiver, let sender, let generation, let delays):
            let bytes = envelope.encodedSize
            for delay in delays {
                let deliver: @Sendable () -> Void = {
                    guard self.state.withLock({ $0.arrived(over: connection, to: receiver, generation) }) else {
                        return
                    }
                    receiver.handler(.message(envelope, from: sender, bytes: bytes))
                }
                if delay > 0 {
                    receiver.loop.schedule(at: receiver.loop.now + delay, deliver)
                } else {
                    receiver.loop.execute(deliver)
                }
            }
            return .sent(bytes: bytes)
        }
    }

    func close(_ end: InProcessEnd) {
        self.change { $0.close(end) }
    }

    /// Changes who can reach whom, and tells the ends.
    private func change<Result: Sendable>(_ body: (inout InProcessState) -> Result) -> Result {
        let (result, notices) = self.state.withLock { $0.change(body) }
        for notice in notices {
            notice.end.loop.execute {
                guard self.state.withLock({ $0.isOpen(notice.end) }) else { return }
                notice.end.handler(notice.event)
            }
        }
        return result
    }
}
