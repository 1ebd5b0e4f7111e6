public import ForetokenWire
internal import OrderedCollections

/// Who is a member of a fleet, and why: it is listed, or a listed name stands for it, or it has registered.
///
/// A member stays while anything speaks for it, and while it answers though its registration has ended: a registration
/// may be lost on a way that its work does not take.
public struct Roster: Sendable {
    struct Entry: Sendable {
        let role: Role
        var isListed = false
        /// Names that stand for it, with the number of answers in a row that have left it out.
        var names: OrderedDictionary<String, Int> = [:]
        /// Peers that have registered it.
        var registrants: Set<PeerID> = []
        /// The key that it has shown; `nil` where there are no keys, or the key is looked up by its role.
        var key: String?

        var isWanted: Bool { self.isListed || !self.names.isEmpty || !self.registrants.isEmpty }
    }

    /// A listed name, and whether it has stood for anybody yet.
    struct Name: Sendable {
        let role: Role
        var hasResolved = false
    }

    public enum Change: Equatable {
        case joined(String, Role, key: String?)
        /// Its registrants, if there are any, have to greet again.
        case left(String, registrants: [PeerID])
        /// Another process has taken the place of the one that was reached there.
        case restarted(String, key: String?)
    }

    /// Most registered members of a role, and most that one name stands for.
    public static let most = 64
    /// Answers in a row that have to leave out a member which still answers; one that does not is dropped at the first.
    static let mostOmissions = 3

    private(set) var entries: OrderedDictionary<String, Entry> = [:]
    private(set) var names: OrderedDictionary<String, Name> = [:]
    /// Addresses by the peer that has registered them.
    private var registered: [PeerID: String] = [:]

    subscript(address: String) -> Entry? { self.entries[address] }

    public init() {}

    /// How a member came, in the order of what counts most.
    func source(of address: String) -> Member.Source {
        guard let entry = self.entries[address] else { return .listed }
        if entry.isListed { return .listed }
        return entry.names.keys.first.map { .name($0) } ?? .registered
    }

    // MARK: Listed members

    public mutating func list(_ address: String, _ role: Role) -> [Change] {
        if let entry = self.entries[address] {
            if entry.role == role { self.entries[address]!.isListed = true }
            return []
        }
        self.entries[address] = Entry(role: role, isListed: true)
        return [.joined(address, role, key: nil)]
    }

    public mutating func list(name: String, _ role: Role) {
        if self.names[name] == nil { self.names[name] = Name(role: role) }
    }

    /// Lists an address or a name no longer. A member stays where anything else speaks for it.
    mutating func unlist(_ address: String) -> [Change] {
        self.names[address] = nil
        var changes: [Change] = []
        for (member, entry) in self.entries where member == address && entry.isListed || entry.names[address] != nil {
            if member == address { self.entries[member]!.isListed = false }
            self.entries[member]!.names[address] = nil
            if !self.entries[member]!.isWanted { changes += self.drop(member) }
        }
        return changes
    }

    /// A name was asked for.
    ///
    /// - Parameters:
    ///   - addresses: that it stands for; none where there was no answer, which proves nothing of members that are there.
    ///   - isReached: whether a member answers.
    public mutating func resolved(
        _ name: String, to addresses: [String], isReached: (String) -> Bool
    ) -> [Change] {
        guard let role = self.names[name]?.role, !addresses.isEmpty else { return [] }
        self.names[name]!.hasResolved = true
        var changes: [Change] = []
        let present = Set(addresses.sorted().prefix(Self.most))
        for address in present.sorted() where self.entries[address].map({ $0.role == role }) ?? true {
            if self.entries[address] == nil {
                self.entries[address] = Entry(role: role)
                changes.append(.joined(address, role, key: nil))
            }
            self.entries[address]!.names[name] = 0
        }
        for (address, entry) in self.entries where entry.names[name] != nil && !present.contains(address) {
            let omissions = entry.names[name]! + 1
            let isOver = omissions >= Self.mostOmissions || !isReached(address)
            self.entries[address]!.names[name] = isOver ? nil : omissions
            if isOver, !self.entries[address]!.isWanted { changes += self.drop(address) }
        }
        return changes
    }

    // MARK: Registered members

    /// A target or a draft greets, and tells where it is reached.
    ///
    /// - Parameters:
    ///   - name: of the process: another one at the same address has taken its place.
    ///   - key: that it has shown.
    ///   - reached: the name of the process that answers at an address; `nil` where nobody does.
    ///   - mayGiveWay: whether a registered member has not answered for so long that another may have its place.
    /// - Throws: why it is no member.
    mutating func register(
        _ address: String, _ role: Role, name: String, key: String?, by peer: PeerID,
        reached: (String) -> String?, mayGiveWay: (String) -> Bool
    ) throws(Status) -> [Change] {
        var changes: [Change] = []
        if let former = self.registered[peer], former != address {
            changes += self.unregister(peer) { reached($0) != nil }
        }
        if let entry = self.entries[address] {
            guard entry.role == role else {
                throw Status(.failedPrecondition, "\(address) is a \(entry.role.rawValue) already")
            }
            if entry.key != key, !entry.isListed, entry.names.isEmpty {
                guard reached(address) == nil else {
                    throw Status(
                        .permissionDenied, "another \(role.rawValue), with a key of its own, answers at \(address)")
                }
                changes += self.drop(address)
            }
        }
        if self.entries[address] == nil {
            changes += try self.makeRoom(for: role, mayGiveWay: mayGiveWay)
            self.entries[address] = Entry(role: role, key: key)
            changes.append(.joined(address, role, key: key))
        } else if let former = reached(address), former != name {
            changes.append(.restarted(address, key: self.entries[address]!.key))
        }
        self.entries[address]!.registrants.insert(peer)
        self.registered[peer] = address
        return changes
    }

    /// The registered member that has not answered for long gives way to another.
    private mutating func makeRoom(for role: Role, mayGiveWay: (String) -> Bool) throws(Status) -> [Change] {
        let others = self.entries.filter { $0.value.role == role && !$0.value.isListed && $0.value.names.isEmpty }
        guard others.count >= Self.most else { return [] }
        guard let absent = others.keys.first(where: mayGiveWay) else {
            throw Status(
                .resourceExhausted, "\(Self.most) \(role.rawValue)s have registered already, and all of them answer")
        }
        return self.drop(absent)
    }

    /// The registration by a peer has ended.
    mutating func unregister(_ peer: PeerID, isReached: (String) -> Bool) -> [Change] {
        guard let address = self.registered.removeValue(forKey: peer) else { return [] }
        self.entries[address]?.registrants.remove(peer)
        return isReached(address) ? [] : self.lost(address)
    }

    /// A member does not answer any more.
    mutating func lost(_ address: String) -> [Change] {
        guard let entry = self.entries[address], !entry.isWanted else { return [] }
        return self.drop(address)
    }

    private mutating func drop(_ address: String) -> [Change] {
        guard let entry = self.entries.removeValue(forKey: address) else { return [] }
        for peer in entry.registrants { self.registered[peer] = nil }
        return [.left(address, registrants: Array(entry.registrants))]
    }
}
