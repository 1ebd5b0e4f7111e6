internal import Executors
internal import ForetokenLinks
internal import ForetokenWire
internal import Logging
internal import OrderedCollections
internal import Roles

/// The links of a target or a draft to the coordinators that it registers with: its greeting is the registration, and its
/// heartbeats keep it.
struct Registrations {
    var roster = Roster()
    var lookup = Lookup()
    /// What it says of itself.
    var peer: Peer?
    var connections: OrderedDictionary<String, Connection> = [:]
}

/// A service that registers with coordinators.
protocol Registering: Actor {
    nonisolated var loop: any Loop { get }
    var network: any Network { get }
    var settings: ServiceSettings { get }
    var registrations: Registrations { get set }
}

extension Registering {
    /// Registers, now and again after every loss.
    ///
    /// - Parameters:
    ///   - coordinators: addresses; one with a name stands for all coordinators behind it.
    ///   - peer: what this service is known by.
    ///   - address: where it listens; others reach it there, unless it has told another address.
    func register(with coordinators: [String], as peer: Peer, at address: String) throws(LinkError) {
        var peer = peer
        if peer.address.isEmpty { peer.address = address }
        self.registrations.peer = peer
        let names = coordinators.filter(self.settings.resolver.isName)
        self.registrations.lookup = Lookup(names: names)
        for name in names {
            try self.network.check(name, expecting: ExpectedPeer(.coordinator))
            self.registrations.roster.list(name: name, .coordinator)
        }
        for coordinator in coordinators where !names.contains(coordinator) {
            try self.apply(self.registrations.roster.list(coordinator, .coordinator))
        }
    }

    /// Looks at the clock.
    func keepRegistered(now: Double) {
        for coordinator in self.registrations.connections.keys {
            self.tell(self.registrations.connections[coordinator]!.tick(now: now), of: coordinator)
        }
        let names = self.registrations.lookup.begin(now: now)
        guard !names.isEmpty else { return }
        let resolver = self.settings.resolver
        Task { [weak self] in
            await resolver.ask(for: names) { [weak self] in await self?.found($1, behind: $0) }
            await self?.endLookup()
        }
    }

    func endRegistrations() {
        for connection in self.registrations.connections.values { connection.link.close() }
        self.registrations = Registrations()
    }

    private func found(_ addresses: [String], behind name: String) {
        self.registrations.lookup.answered(by: addresses)
        if addresses.isEmpty {
            self.settings.logger.warning("Coordinator's name does not resolve; it is asked for again", [.address: name])
        }
        let connections = self.registrations.connections
        let changes = self.registrations.roster.resolved(name, to: addresses) { connections[$0]?.isUp == true }
        do {
            try self.apply(changes)
        } catch {
            self.settings.logger.error("Coordinator cannot be reached for", [.error: "\(error)"])
        }
    }

    private func endLookup() { self.registrations.lookup.end(now: self.loop.now) }

    private func apply(_ changes: [Roster.Change]) throws(LinkError) {
        for change in changes {
            switch change {
            case .joined(let coordinator, _, _): try self.connect(to: coordinator)
            case .left(let coordinator, _):
                self.registrations.connections.removeValue(forKey: coordinator)?.link.close()
            case .restarted: break
            }
        }
    }

    private func connect(to coordinator: String) throws(LinkError) {
        guard let peer = self.registrations.peer else { return }
        let link = try self.network.connect(
            to: coordinator, expecting: ExpectedPeer(.coordinator), on: self.loop
        ) { [weak self] event in
            self?.assumeIsolated { $0.receive(event, fromCoordinator: coordinator) }
        }
        var connection = Connection(link: link, peer: peer)
        connection.start(now: self.loop.now)
        self.registrations.connections[coordinator] = connection
    }

    private func receive(_ event: LinkEvent, fromCoordinator coordinator: String) {
        guard self.registrations.connections[coordinator] != nil else { return }
        let changes = self.registrations.connections[coordinator]!.receive(event, now: self.loop.now)
        self.tell(changes, of: coordinator)
    }

    private func tell(_ changes: [Connection.Change], of coordinator: String) {
        let logger = self.settings.logger
        for change in changes {
            switch change {
            case .up(let peer) where peer.role == .coordinator:
                logger.info("Registered", [.address: coordinator, .peer: peer.name])
            case .up(let peer):
                logger.error(
                    "No coordinator answers where this service registers",
                    [.address: coordinator, .role: peer.role.rawValue])
            case .lost(let reason):
                logger.warning("Coordinator lost", [.address: coordinator, .reason: reason])
            case .refused(let status):
                logger.error("Coordinator refuses this service", [.address: coordinator, .reason: status.message])
            }
        }
    }
}
