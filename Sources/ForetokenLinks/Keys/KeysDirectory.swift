public import ForetokenWire
internal import ZeroMQ

/// A directory of keys, for whoever makes, adds and revokes them. Nothing that is there is written over.
public struct KeysDirectory: Sendable {
    public let path: String
    private var folder: KeysFolder { KeysFolder(path: self.path) }

    public init(_ path: String) {
        self.path = path
    }

    private static let header = """
        # Who may come in, one a line: role, name, public key. No secrets are here; the same file goes everywhere.
        # A line that is added or taken away counts within a few seconds, without a restart.

        """

    /// Makes the keys of a deployment, one for each role.
    public func make() throws(KeysError) -> [Identity] {
        try self.folder.make()
        guard !self.folder.exists(self.folder.membersPath) else { throw KeysError(self.folder.membersPath, .inUse) }
        if let name = try self.folder.keyNames().first { throw KeysError(self.folder.keyPath(name), .inUse) }
        var lines = ""
        var made: [Identity] = []
        for role in [Role.coordinator, .target, .draft, .client] {
            let identity = try self.makeKey(role, name: role.rawValue)
            lines += Self.line(identity)
            made.append(identity)
        }
        try KeysFolder.create(self.folder.membersPath, Self.header + lines, mode: 0o644)
        return made
    }

    /// Makes one more key, and lists it.
    public func add(_ role: Role, name: String) throws(KeysError) -> Identity {
        guard KeyLine.isName(name) else { throw KeysError(self.path, .badName(characters: name.count)) }
        return try self.folder.alone { () throws(KeysError) in
            let (text, members) = try self.read()
            if members.named(name) != nil { throw KeysError(self.folder.keyPath(name), .inUse) }
            let identity = try self.makeKey(role, name: name)
            let gap = text.isEmpty || text.hasSuffix("\n") ? "" : "\n"
            do throws(KeysError) {
                try self.list(text + gap + Self.line(identity))
            } catch {
                // A key that nobody lists would be in the way of the next try.
                _ = KeysFolder.remove(self.folder.keyPath(name))
                throw error
            }
            return identity
        }
    }

    /// Takes a key off the list, and its secret away where that is here.
    public func revoke(_ name: String) throws(KeysError) -> Identity {
        try self.folder.alone { () throws(KeysError) in try self.unlist(name) }
    }

    private func unlist(_ name: String) throws(KeysError) -> Identity {
        let (text, members) = try self.read()
        guard let identity = members.named(name) else { throw KeysError(self.folder.membersPath, .unknownMember(name)) }
        let rest = text.keyLines.filter { line in
            let entry = try? KeyLine(line)
            return entry?.name != name
        }
        try self.list(rest.joined(separator: "\n"))
        _ = KeysFolder.remove(self.folder.keyPath(name))
        return identity
    }

    private func read() throws(KeysError) -> (text: String, Members) {
        let path = self.folder.membersPath
        let bytes = try KeysFolder.content(of: path, atMost: Members.mostBytes)
        let members = try Members(bytes, path: path)
        return (String(decoding: bytes, as: UTF8.self), members)
    }

    /// Writes a list only where services will be able to read it.
    private func list(_ text: String) throws(KeysError) {
        _ = try Members(Array(text.utf8), path: self.folder.membersPath)
        try KeysFolder.replace(self.folder.membersPath, text, mode: 0o644)
    }

    private func makeKey(_ role: Role, name: String) throws(KeysError) -> Identity {
        guard Curve.isAvailable, let pair = try? Curve.makePair() else { throw KeysError(self.path, .cannotEncrypt) }
        let line = KeyLine(role: role, name: name, key: pair.secretKey.text)
        try KeysFolder.create(self.folder.keyPath(name), line.text + "\n", mode: 0o600)
        return Identity(role: role, name: name, key: pair.publicKey)
    }

    private static func line(_ identity: Identity) -> String {
        KeyLine(role: identity.role, name: identity.name, key: identity.key).text + "\n"
    }
}
