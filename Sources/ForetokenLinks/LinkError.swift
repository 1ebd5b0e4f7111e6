/// Why a link could not be made, in words for people.
public enum LinkError: Error, Equatable, Sendable, CustomStringConvertible {
    case addressInUse(String)
    /// Not an address that this network understands, with the reason.
    case badAddress(String, reason: String)
    /// An address where this machine cannot listen, with the reason.
    case notHere(String, reason: String)
    case failed(String, reason: String)
    /// Other machines are reached there, and nothing would be encrypted.
    case unprotected(String)
    case keys(KeysError)

    /// Whether keys are missing, which may be listed later.
    public var isOfKeys: Bool { if case .keys = self { true } else { false } }

    public var description: String {
        switch self {
        case .addressInUse(let address):
            "address \(address) is in use; stop the other process, or choose another port (port 0 takes a free one)"
        case .badAddress(let address, let reason):
            "\"\(address)\" is no usable address: \(reason); write it as tcp://host:port"
        case .notHere(let address, let reason):
            "cannot listen at \(address): \(reason); take an address of this machine, or * for all it has"
        case .failed(let address, let reason): "cannot use \(address): \(reason)"
        case .unprotected(let address):
            "\(address) is not on the loopback of this machine, and nothing would be encrypted: make keys with "
                + "foretoken keygen and give them with --keys DIR (or FORETOKEN_KEYS), or say --insecure"
        case .keys(let error): error.description
        }
    }
}
