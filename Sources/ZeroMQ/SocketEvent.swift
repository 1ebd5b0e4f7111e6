internal import CZeroMQ

/// What happened to a connection of a monitored socket.
public enum SocketEvent: Equatable, Sendable {
    /// A dealer's peer takes messages now.
    case connected
    /// Somebody has connected to a router, over a descriptor that belongs to no other connection any more.
    case accepted(descriptor: Int32)
    /// A connection has ended, or has failed before it could be used.
    case disconnected(descriptor: Int32)
    /// A handshake came to nothing.
    case failed(Failure)

    public enum Failure: Equatable, Sendable {
        /// One side has keys, and the other has none.
        case mechanism
        /// The peer reached for a server with another key.
        case key
        /// The server has told that it refuses this side.
        case refused
        /// It is not ZeroMQ's protocol.
        case `protocol`
        /// Something else, such as a connection that ended before its handshake did.
        case other
    }

    /// The events that a socket of this kind tells.
    static func mask(of kind: SocketKind) -> CInt {
        // Whom a router's doorman refuses, he tells himself.
        ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL
            | (kind == .router
                ? ZMQ_EVENT_ACCEPTED : ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)
    }

    /// Reads the first frame of a monitor's message: 16 bits of event and 32 of its value, in the machine's own order.
    init?(_ frame: UnsafeRawBufferPointer) {
        guard frame.count >= 6 else { return nil }
        let value = frame.loadUnaligned(fromByteOffset: 2, as: Int32.self)
        switch CInt(frame.loadUnaligned(as: UInt16.self)) {
        case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: self = .connected
        case ZMQ_EVENT_ACCEPTED: self = .accepted(descriptor: value)
        case ZMQ_EVENT_DISCONNECTED: self = .disconnected(descriptor: value)
        case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL: self = .failed(.other)
        case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: self = .failed(.refused)
        case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL: self = .failed(Failure(code: value))
        default: return nil
        }
    }
}

extension SocketEvent.Failure {
    fileprivate init(code: Int32) {
        switch code {
        case ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH: self = .mechanism
        case ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC: self = .key
        default: self = .protocol
        }
    }
}
