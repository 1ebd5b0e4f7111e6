public import ForetokenWire
public import Speculation

/// Members that come and go while the coordinator runs.
extension CoordinatorState {
    /// Takes in a member for good.
    public mutating func list(_ address: String, _ role: Role, now: Seconds) {
        self.apply(self.fleet.roster.list(address, role), now: now)
    }

    /// Takes in a name that stands for members; `resolved` tells for which.
    public mutating func list(name: String, _ role: Role) {
        self.fleet.roster.list(name: name, role)
    }

    /// Lists a member or a name no longer: its texts go on elsewhere, unless it has registered too.
    public mutating func unlist(_ address: String, now: Seconds) {
        self.apply(self.fleet.roster.unlist(address), now: now)
    }

    /// A listed name was asked for.
    ///
    /// - Parameter addresses: that it stands for; none where there was no answer.
    public mutating func resolved(_ name: String, to addresses: [String], now: Seconds) {
        let fleet = self.fleet
        self.apply(self.fleet.roster.resolved(name, to: addresses) { fleet.peer(at: $0) != nil }, now: now)
    }

    /// A target or a draft greets this coordinator: it is a member from now on.
    ///
    /// - Parameters:
    ///   - address: where it says that it is reached.
    ///   - peer: who has greeted, until `lose(client:)`.
    /// - Returns: why it is not taken; `nil` where it is.
    public mutating func registered(_ address: String, _ member: Peer, by peer: PeerID, key: String?, now: Seconds)
        -> Status?
    {
        let fleet = self.fleet
        do throws(Status) {
            let changes = try self.fleet.roster.register(
                address, member.role, name: member.name, key: key, by: peer,
                reached: { fleet.peer(at: $0)?.name },
                mayGiveWay: { fleet.absence(of: $0).map { now - $0 >= Self.longestAbsence } ?? false })
            self.apply(changes, now: now)
            return nil
        } catch {
            return error
        }
    }

    /// Seconds without an answer after which a registered member gives way to one that registers.
    static let longestAbsence: Seconds = 5

    /// A registration has ended.
    mutating func unregister(_ peer: PeerID, now: Seconds) {
        let fleet = self.fleet
        self.apply(self.fleet.roster.unregister(peer) { fleet.peer(at: $0) != nil }, now: now)
    }

    mutating func apply(_ changes: [Roster.Change], now: Seconds) {
        for change in changes {
            switch change {
            case .joined(let member, let role, let key):
                self.fleet.join(member, role, now: now)
                self.actions.append(.connect(member, role, key: key))
                self.actions.append(.log(.joined(member: member, role, self.fleet.roster.source(of: member))))
            case .left(let member, let registrants):
                self.actions.append(.log(.left(member: member)))
                // That it is left out is no fault of its texts.
                self.disuse(member, reason: "it is not a member any more", now: now) { state, id, _ in
                    state.requeue(id, now: now)
                }
                self.fleet.leave(member)
                self.actions.append(.disconnect(member))
                for peer in registrants { self.actions.append(.forget(peer)) }
                self.takeBack(now: now)
            case .restarted(let member, let key):
                // What was sent to the former process is lost with it, and is not waited for.
                guard let role = self.fleet.role(of: member) else { continue }
                self.lose(member, reason: "restarted as another process", now: now)
                self.actions.append(.disconnect(member))
                self.actions.append(.connect(member, role, key: key))
                self.takeBack(now: now)
            }
        }
    }
}
