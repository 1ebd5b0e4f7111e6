internal import CZeroMQ

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A call of libzmq that failed.
public struct ZeroMQError: Error, Equatable, Sendable, CustomStringConvertible {
    /// An `errno`, of the system's or of libzmq's own.
    public let code: CInt
    /// The function of libzmq.
    public let operation: String

    public init(code: CInt, operation: String) {
        self.code = code
        self.operation = operation
    }

    /// What libzmq says of its last call on this thread.
    init(last operation: String) {
        self.init(code: zmq_errno(), operation: operation)
    }

    public var reason: String { String(cString: zmq_strerror(self.code)) }

    public var description: String { "\(self.operation): \(self.reason)" }

    public var isAddressInUse: Bool { self.code == EADDRINUSE }

    /// Whether the address does not belong to this machine: neither its number nor its interface.
    public var isElsewhere: Bool { [ENODEV, EADDRNOTAVAIL].contains(self.code) }

    /// Whether the address is at fault as a text.
    public var isBadAddress: Bool {
        [EINVAL, EPROTONOSUPPORT, ENOCOMPATPROTO, ENAMETOOLONG].contains(self.code)
    }
}
