/// Why a gateway does not come up, or does not stay.
public enum GatewayError: Error, Equatable, Sendable, CustomStringConvertible {
    case addressInUse(HTTPAddress)
    case cannotListen(HTTPAddress, reason: String)
    /// The server ended, and nobody had stopped it.
    case ended(HTTPAddress, reason: String)

    public var description: String {
        switch self {
        case .addressInUse(let address):
            "\(address) is in use: choose another port for HTTP, or 0 for any that is free"
        case .cannotListen(let address, let reason): "HTTP cannot be served at \(address): \(reason)"
        case .ended(let address, let reason): "HTTP is no longer served at \(address): \(reason); start it again"
        }
    }
}
