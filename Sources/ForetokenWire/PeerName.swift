/// The name of a peer tells one start of a process from another. Where links have keys it begins with its key's name, so
/// that nobody can go by another's.
extension Peer {
    /// A new name.
    ///
    /// - Parameter identity: whose key the peer has; `nil` where links have none.
    public static func newName(_ role: Role, of identity: Identity?) -> String {
        let prefix = identity.map(self.namePrefix) ?? "\(role.rawValue)-"
        return prefix + String(UInt64.random(in: .min ... .max), radix: 36)
    }

    /// What all names of a key's holder begin with; it ends with a character that the names of keys do not have.
    public static func namePrefix(of identity: Identity) -> String { "\(identity.name)/" }
}
