internal import CZeroMQ

/// Keys of CURVE, libzmq's encryption (rfc.zeromq.org/spec/26), written as 40 characters of Z85 each.
public enum Curve {
    /// A secret key that whoever prints, logs or dumps what holds it does not show.
    public struct SecretKey: Equatable, Sendable, CustomStringConvertible, CustomReflectable {
        public let text: String

        public init(_ text: String) {
            self.text = text
        }

        public var description: String { "(secret)" }
        public var customMirror: Mirror { Mirror(self, children: []) }
    }

    public struct Pair: Equatable, Sendable {
        public let publicKey: String
        public let secretKey: SecretKey

        public init(publicKey: String, secretKey: SecretKey) {
            self.publicKey = publicKey
            self.secretKey = secretKey
        }
    }

    /// Which side of the encryption a socket is.
    public enum Side: Equatable, Sendable {
        /// Listens; every peer is asked about in this domain.
        case server(secretKey: SecretKey, domain: String)
        /// Connects, to a server with this public key only.
        case client(Pair, serverKey: String)
    }

    /// Characters of a key.
    public static let keyLength = 40

    /// Whether the libzmq that is linked can encrypt.
    public static var isAvailable: Bool { zmq_has("curve") == 1 }

    /// Makes a new pair of keys.
    public static func makePair() throws(ZeroMQError) -> Pair {
        var publicKey = [CChar](repeating: 0, count: self.keyLength + 1)
        var secretKey = publicKey
        guard zmq_curve_keypair(&publicKey, &secretKey) == 0 else { throw ZeroMQError(last: "zmq_curve_keypair") }
        return Pair(publicKey: Self.text(publicKey), secretKey: SecretKey(Self.text(secretKey)))
    }

    /// The public key that belongs to a secret one; `nil` for what is not a key.
    public static func publicKey(of secretKey: String) -> String? {
        guard self.isKey(secretKey) else { return nil }
        var publicKey = [CChar](repeating: 0, count: self.keyLength + 1)
        return zmq_curve_public(&publicKey, secretKey) == 0 ? self.text(publicKey) : nil
    }

    /// Whether a text is 32 bytes in Z85.
    public static func isKey(_ text: String) -> Bool {
        guard text.utf8.count == self.keyLength, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            return false
        }
        var bytes = [UInt8](repeating: 0, count: 32)
        return zmq_z85_decode(&bytes, text) != nil
    }

    /// The text of a key; `nil` for what is not 32 bytes.
    static func text(ofKey bytes: [UInt8]) -> String? {
        guard bytes.count == 32 else { return nil }
        var text = [CChar](repeating: 0, count: self.keyLength + 1)
        return zmq_z85_encode(&text, bytes, bytes.count) == nil ? nil : self.text(text)
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
