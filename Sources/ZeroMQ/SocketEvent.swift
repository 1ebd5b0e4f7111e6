internal import CZeroMQ

/// What happened to a connection of a monitored socket.
public enum SocketEvent: Equatable, Sendable {
    /// Of a dealer: its peer takes messages now.
    case connected
    /// Of a router: somebody has connected, over a descriptor that belongs to no other connection any more.
    case accepted(descriptor: Int32)
    /// A connection has ended, or has failed before it could be used.
    case disconnected(descriptor: Int32)

    /// The events that a socket of this kind tells.
    static func mask(of kind: SocketKind) -> CInt {
        ZMQ_EVENT_DISCONNECTED | (kind == .router ? ZMQ_EVENT_ACCEPTED : ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
    }

    /// Reads the first frame of a monitor's message: 16 bits of event and 32 of its value, in the machine's own order.
    init?(_ frame: UnsafeRawBufferPointer) {
        guard frame.count >= 6 else { return nil }
        let value = frame.loadUnaligned(fromByteOffset: 2, as: Int32.self)
        switch CInt(frame.loadUnaligned(as: UInt16.self)) {
        case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: self = .connected
        case ZMQ_EVENT_ACCEPTED: self = .accepted(descriptor: value)
        case ZMQ_EVENT_DISCONNECTED: self = .disconnected(descriptor: value)
        default: return nil
        }
    }
}
