public import ForetokenWire

/// The list of members: who may come in, as what, by the public key. The same list is everywhere in a deployment.
public struct Members: Equatable, Sendable {
    /// In the order of their lines.
    public private(set) var all: [Identity] = []
    private var indexByKey: [String: Int] = [:]
    private var indexByName: [String: Int] = [:]

    /// Bytes that a file of them has at most.
    public static let mostBytes = 1 << 20

    public init() {}

    /// - Parameters:
    ///   - bytes: of the file.
    ///   - path: for errors.
    public init(_ bytes: [UInt8], path: String) throws(KeysError) {
        guard bytes.count <= Self.mostBytes else { throw KeysError(path, .tooLong(bytes: bytes.count)) }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw KeysError(path, .notText) }
        var lines: [Int] = []
        for (index, line) in text.keyLines.enumerated() {
            do throws(KeysError.Fault) {
                guard let entry = try KeyLine(line) else { continue }
                if let same = self.indexByName[entry.name] {
                    throw .duplicateName(entry.name, line: lines[same])
                }
                if let same = self.indexByKey[entry.key] { throw .duplicateKey(line: lines[same]) }
                self.indexByName[entry.name] = self.all.count
                self.indexByKey[entry.key] = self.all.count
                self.all.append(Identity(role: entry.role, name: entry.name, key: entry.key))
                lines.append(index + 1)
            } catch {
                throw KeysError(path, line: index + 1, error)
            }
        }
    }

    /// Who has this public key.
    public subscript(key: String) -> Identity? { self.indexByKey[key].map { self.all[$0] } }

    public func named(_ name: String) -> Identity? { self.indexByName[name].map { self.all[$0] } }

    /// Who of a role is to be expected where no name says it: the only one, or the one with the role's name.
    ///
    /// - Parameter path: for errors.
    func only(_ role: Role, path: String) throws(KeysError) -> Identity {
        let candidates = self.all.filter { $0.role == role }
        if candidates.count == 1 { return candidates[0] }
        if let named = candidates.first(where: { $0.name == role.rawValue }) { return named }
        let names = candidates.map(\.name)
        throw KeysError(path, names.isEmpty ? .noMember(role) : .severalMembers(role, names))
    }
}
