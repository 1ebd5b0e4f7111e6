internal import CZeroMQ

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The socket over which libzmq tells what happens to the connections of another one.
///
/// Whoever owns the other one has to call `stop` before it goes: libzmq's own thread would wait for somebody who listens.
struct Monitor: ~Copyable {
    let handle: UnsafeMutableRawPointer

    /// - Parameter socket: neither bound nor connected yet.
    init(of socket: UnsafeMutableRawPointer, _ kind: SocketKind, in context: Context) throws(ZeroMQError) {
        guard let handle = zmq_socket(context.handle, ZMQ_PAIR) else { throw ZeroMQError(last: "zmq_socket") }
        do {
            try Self.join(handle, to: socket, kind)
        } catch {
            zmq_close(handle)
            throw error
        }
        self.handle = handle
    }

    private static func join(
        _ handle: UnsafeMutableRawPointer, to socket: UnsafeMutableRawPointer, _ kind: SocketKind
    ) throws(ZeroMQError) {
        // libzmq's own thread waits where there is no room, so there always has to be.
        var unlimited: CInt = 0
        guard zmq_setsockopt(handle, ZMQ_RCVHWM, &unlimited, MemoryLayout<CInt>.size) == 0 else {
            throw ZeroMQError(last: "zmq_setsockopt")
        }
        let name = "inproc://monitor-\(UInt64.random(in: .min ... .max))"
        guard zmq_socket_monitor(socket, name, SocketEvent.mask(of: kind)) == 0 else {
            throw ZeroMQError(last: "zmq_socket_monitor")
        }
        guard zmq_connect(handle, name) == 0 else {
            defer { Self.stop(socket) }
            throw ZeroMQError(last: "zmq_connect")
        }
    }

    static func stop(_ socket: UnsafeMutableRawPointer) {
        zmq_socket_monitor(socket, nil, 0)
    }

    deinit {
        zmq_close(self.handle)
    }

    /// Takes the next event, without waiting; `nil` where none is there.
    borrowing func next() throws(ZeroMQError) -> SocketEvent? {
        try withUnsafeTemporaryAllocation(of: zmq_msg_t.self, capacity: 1) { messages throws(ZeroMQError) in
            let message = messages.baseAddress!
            zmq_msg_init(message)
            defer { zmq_msg_close(message) }
            while try receive(frame: message, from: self.handle) {
                let event = SocketEvent(
                    UnsafeRawBufferPointer(start: zmq_msg_data(message), count: zmq_msg_size(message)))
                // The address, which says nothing that the descriptor does not.
                while zmq_msg_more(message) != 0, try receive(frame: message, from: self.handle) {}
                if let event { return event }
            }
            return nil
        }
    }
}

/// Takes the next frame of a socket, without waiting; false where none is there.
func receive(
    frame: UnsafeMutablePointer<zmq_msg_t>, from socket: UnsafeMutableRawPointer
) throws(ZeroMQError) -> Bool {
    while zmq_msg_recv(frame, socket, ZMQ_DONTWAIT) < 0 {
        switch zmq_errno() {
        case EINTR: continue
        case EAGAIN: return false
        case let code: throw ZeroMQError(code: code, operation: "zmq_msg_recv")
        }
    }
    return true
}
