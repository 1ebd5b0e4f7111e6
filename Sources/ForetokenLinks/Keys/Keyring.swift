public import ForetokenWire
internal import ZeroMQ

/// What a service or a client has of a deployment's keys: its own secret key, and the list of members.
///
/// They lie in one directory: `NAME.key` files, each with the secret of one member, and the file `members`.
public struct Keyring: Sendable {
    public let directory: String
    let own: KeyFile
    let file: MembersFile

    /// - Parameters:
    ///   - role: whose key is taken: the only one here, or the one with the role's name. Where a client has none, it may
    ///     use a coordinator's.
    ///   - name: of the key, where that is given.
    public init(_ directory: String, role: Role, name: String? = nil) throws(KeysError) {
        let folder = KeysFolder(path: directory)
        let names = try folder.keyNames()
        try folder.check()
        self.directory = directory
        guard Curve.isAvailable else { throw KeysError(directory, .cannotEncrypt) }
        if let name {
            self.own = try Self.read(name, folder)
            guard self.own.identity.role == role else {
                throw KeysError(folder.keyPath(name), .wrongRole(of: name, self.own.identity.role, wanted: role))
            }
        } else if let own = try Self.only(role, of: names, folder) {
            self.own = own
        } else if role == .client, let own = try Self.only(.coordinator, of: names, folder) {
            self.own = own
        } else {
            throw KeysError(directory, .noKey(of: role))
        }
        self.file = try MembersFile(folder.membersPath, of: self.own.identity)
    }

    private static func only(_ role: Role, of names: [String], _ folder: KeysFolder) throws(KeysError) -> KeyFile? {
        var keys: [KeyFile] = []
        for name in names {
            // Another member's key need not be whole: this one is not about it.
            guard let key = try? Self.read(name, folder), key.identity.role == role else { continue }
            keys.append(key)
        }
        if keys.count > 1, let named = keys.first(where: { $0.identity.name == role.rawValue }) { return named }
        guard keys.count <= 1 else { throw KeysError(folder.path, .severalKeys(of: role, keys.map(\.identity.name))) }
        // What has the role's name is what was meant, and why it cannot be used is worth telling.
        if keys.isEmpty, names.contains(role.rawValue) {
            let key = try Self.read(role.rawValue, folder)
            throw KeysError(
                folder.keyPath(role.rawValue), .wrongRole(of: key.identity.name, key.identity.role, wanted: role))
        }
        return keys.first
    }

    private static func read(_ name: String, _ folder: KeysFolder) throws(KeysError) -> KeyFile {
        let path = folder.keyPath(name)
        return try KeyFile(try KeysFolder.content(of: path, atMost: KeyFile.mostBytes, isSecret: true), path: path)
    }

    /// Whose keys these are.
    public var identity: Identity { self.own.identity }

    /// Who is listed now.
    public var members: Members { self.file.members }

    /// Who shall answer at an address.
    ///
    /// - Parameters:
    ///   - name: before the address, where there is one.
    func server(_ expected: ExpectedPeer, name: String?) throws(KeysError) -> Identity {
        let members = self.file.members
        let identity: Identity
        if let key = expected.key {
            guard let listed = members[key] else { throw KeysError(self.file.path, .unlisted(key)) }
            identity = listed
        } else if let name {
            guard let listed = members.named(name) else { throw KeysError(self.file.path, .unknownMember(name)) }
            identity = listed
        } else {
            return try members.only(expected.role, path: self.file.path)
        }
        guard identity.role == expected.role else {
            throw KeysError(self.file.path, .wrongRole(of: identity.name, identity.role, wanted: expected.role))
        }
        return identity
    }
}

/// Who is to be reached at an address.
public struct ExpectedPeer: Hashable, Sendable {
    public var role: Role
    /// Its public key, where another member has told it; `nil`: what the list of members says of the role.
    public var key: String?

    public init(_ role: Role, key: String? = nil) {
        self.role = role
        self.key = key
    }
}
