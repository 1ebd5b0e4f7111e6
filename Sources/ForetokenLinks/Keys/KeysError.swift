public import ForetokenWire

/// What is wrong with keys, by file and line, in words for people.
public struct KeysError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Fault: Error, Equatable {
        case notThere
        case unreadable(String)
        case unwritable(String)
        /// Others than its owner may read a secret.
        case tooOpen(mode: UInt32)
        /// Others than its owner may write what tells who comes in.
        case writableByOthers(mode: UInt32)
        case tooLong(bytes: Int)
        case notText
        case wrongShape
        case unknownRole
        case badName(characters: Int)
        case badKey(characters: Int)
        case duplicateName(String, line: Int)
        case duplicateKey(line: Int)
        /// A file that shall hold one key holds another number of them.
        case lines(Int)
        case noKey(of: Role)
        case severalKeys(of: Role, [String])
        case wrongRole(of: String, Role, wanted: Role)
        case noMember(Role)
        case severalMembers(Role, [String])
        case unknownMember(String)
        case unlisted(String)
        case inUse
        case cannotEncrypt
    }

    public var path: String
    public var line: Int?
    public var fault: Fault

    public init(_ path: String, line: Int? = nil, _ fault: Fault) {
        self.path = path
        self.line = line
        self.fault = fault
    }

    public var description: String {
        let place = self.line.map { "\(self.path):\($0)" } ?? self.path
        return "\(place): \(self.fault.description)"
    }
}

extension KeysError.Fault: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notThere: "not there; foretoken keygen makes a deployment's keys"
        case .unreadable(let reason): "cannot be read: \(reason)"
        case .unwritable(let reason): "cannot be written: \(reason)"
        case .tooOpen(let mode):
            "others may read this secret (mode \(String(mode, radix: 8))); chmod 600 it, and make a new key if "
                + "others had access"
        case .writableByOthers(let mode):
            "others may write here (mode \(String(mode, radix: 8))), and so let in whom they like; chmod go-w it"
        case .tooLong(let bytes): "\(bytes) bytes are more than such a file has"
        case .notText: "it is not text"
        case .wrongShape: "a line is a role, a name and a key, with spaces between them"
        case .unknownRole:
            "the line does not begin with a role; the roles are \(Role.allCases.map(\.rawValue).joined(separator: ", "))"
        case .badName(let count):
            "the name, of \(count) characters, cannot be one; a name has 1 to \(KeyLine.longestName) letters, digits, dots, dashes and "
                + "underscores, and begins with a letter or a digit"
        case .badKey(let count):
            "the key, of \(count) characters, is not one; a key is 40 characters of Z85, as foretoken keygen writes it"
        case .duplicateName(let name, let line): "the name \(name) is on line \(line) already"
        case .duplicateKey(let line): "the key is on line \(line) already"
        case .lines(let count): "it has \(count) keys, and shall have one"
        case .noKey(let role):
            "no \(role.rawValue).key is here; copy it from where the keys were made, or make one there with "
                + "foretoken keygen --add \(role.rawValue)"
        case .severalKeys(let role, let names):
            "several keys of the role \(role.rawValue) are here (\(names.joined(separator: ", "))); keep one, or call "
                + "one of them \(role.rawValue).key"
        case .wrongRole(let name, let role, let wanted):
            "\(name) is a \(role.rawValue), and a \(wanted.rawValue) is wanted"
        case .noMember(let role): "no \(role.rawValue) is listed, and one is to be reached"
        case .severalMembers(let role, let names):
            "several keys of the role \(role.rawValue) are listed (\(names.joined(separator: ", "))): write which one "
                + "answers before the address, as \(names.first ?? "NAME")@tcp://host:port"
        case .unknownMember(let name): "nobody of the name \(name) is listed"
        case .unlisted(let name): "the key of \(name) is not listed, so nobody would let it in"
        case .inUse: "it is there already, and is not overwritten"
        case .cannotEncrypt: "the libzmq of this machine cannot encrypt; take one that was built with CURVE"
        }
    }
}
