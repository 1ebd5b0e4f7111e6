public import ForetokenWire
internal import ZeroMQ

/// A secret key, and whose it is.
public struct KeyFile: Equatable, Sendable {
    public let identity: Identity
    let secretKey: Curve.SecretKey

    /// Bytes that such a file has at most.
    public static let mostBytes = 4096

    /// - Parameters:
    ///   - bytes: of the file.
    ///   - path: for errors.
    public init(_ bytes: [UInt8], path: String) throws(KeysError) {
        guard bytes.count <= Self.mostBytes else { throw KeysError(path, .tooLong(bytes: bytes.count)) }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw KeysError(path, .notText) }
        var entries: [KeyLine] = []
        for (index, line) in text.keyLines.enumerated() {
            do throws(KeysError.Fault) {
                if let entry = try KeyLine(line) { entries.append(entry) }
            } catch {
                throw KeysError(path, line: index + 1, error)
            }
        }
        guard let entry = entries.first, entries.count == 1 else { throw KeysError(path, .lines(entries.count)) }
        guard let publicKey = Curve.publicKey(of: entry.key) else { throw KeysError(path, .cannotEncrypt) }
        self.identity = Identity(role: entry.role, name: entry.name, key: publicKey)
        self.secretKey = Curve.SecretKey(entry.key)
    }

    var pair: Curve.Pair { Curve.Pair(publicKey: self.identity.key, secretKey: self.secretKey) }
}
