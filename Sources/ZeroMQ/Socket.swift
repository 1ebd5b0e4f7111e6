internal import CZeroMQ

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

public enum SocketKind: Sendable {
    /// Many peers, each with a routing id.
    case router
    /// The other side of a router.
    case dealer
}

/// A libzmq socket: one owner, one thread at a time; closed with the value.
public struct Socket: ~Copyable {
    let handle: UnsafeMutableRawPointer
    private let kind: SocketKind
    private let context: Context
    private let monitor: Monitor?

    public init(_ kind: SocketKind, in context: Context, options: SocketOptions = SocketOptions()) throws(ZeroMQError) {
        guard let handle = zmq_socket(context.handle, kind == .router ? ZMQ_ROUTER : ZMQ_DEALER) else {
            throw ZeroMQError(last: "zmq_socket")
        }
        do {
            try options.apply(to: handle, kind)
            self.monitor = options.isMonitored ? try Monitor(of: handle, kind, in: context) : nil
        } catch {
            zmq_close(handle)
            throw error
        }
        self.handle = handle
        self.kind = kind
        self.context = context
    }

    deinit {
        Monitor.stop(self.handle)
        zmq_close(self.handle)
    }

    /// What can be read when something has happened to a connection; `nil` where nobody asked to be told.
    var monitorHandle: UnsafeMutableRawPointer? {
        switch self.monitor {
        case .some(let monitor): monitor.handle
        case .none: nil
        }
    }

    /// Takes the next of what happened to the connections of a monitored socket, without waiting; `nil` where nothing has.
    public borrowing func nextEvent() throws(ZeroMQError) -> SocketEvent? {
        switch self.monitor {
        case .some(let monitor): try monitor.next()
        case .none: nil
        }
    }

    /// Waits for peers at `address`.
    ///
    /// - Returns: the address with the port or the path it really has.
    public borrowing func bind(_ address: String) throws(ZeroMQError) -> String {
        guard zmq_bind(self.handle, address) == 0 else { throw ZeroMQError(last: "zmq_bind") }
        var bytes = [CChar](repeating: 0, count: 1024)
        var size = bytes.count
        guard zmq_getsockopt(self.handle, ZMQ_LAST_ENDPOINT, &bytes, &size) == 0 else {
            throw ZeroMQError(last: "zmq_getsockopt")
        }
        return String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Reaches for the peer at `address`, now and again after every loss; does not wait for it.
    public borrowing func connect(_ address: String) throws(ZeroMQError) {
        guard zmq_connect(self.handle, address) == 0 else { throw ZeroMQError(last: "zmq_connect") }
    }

    /// Hands a message of one frame to libzmq, without waiting.
    ///
    /// - Parameter peer: routing id, for a router; ignored by a dealer.
    public borrowing func send(_ payload: [UInt8], to peer: [UInt8] = []) throws(ZeroMQError) -> SendOutcome {
        if self.kind == .router {
            let outcome = try self.send(frame: peer, flags: ZMQ_DONTWAIT | ZMQ_SNDMORE)
            guard outcome == .sent else { return outcome }
        }
        return try self.send(frame: payload, flags: ZMQ_DONTWAIT)
    }

    /// Hands several frames to libzmq as they are. For ZAP and for tests: the protocol has no such messages.
    public borrowing func send(frames: [[UInt8]]) throws(ZeroMQError) -> SendOutcome {
        for (index, frame) in frames.enumerated() {
            let more = index < frames.count - 1 ? ZMQ_SNDMORE : 0
            let outcome = try self.send(frame: frame, flags: ZMQ_DONTWAIT | more)
            guard outcome == .sent else { return outcome }
        }
        return .sent
    }

    private borrowing func send(frame: [UInt8], flags: CInt) throws(ZeroMQError) -> SendOutcome {
        while zmq_send(self.handle, frame, frame.count, flags) < 0 {
            switch zmq_errno() {
            case EINTR: continue
            case EAGAIN: return .full
            case EHOSTUNREACH: return .unreachable
            case let code: throw ZeroMQError(code: code, operation: "zmq_send")
            }
        }
        return .sent
    }

    /// Takes the next message, without waiting.
    ///
    /// - Returns: what `body` returned; `nil` when no message is there.
    public borrowing func receive<Result>(_ body: (Received) -> Result) throws(ZeroMQError) -> Result? {
        try withUnsafeTemporaryAllocation(of: zmq_msg_t.self, capacity: 2) { messages throws(ZeroMQError) in
            let (peer, payload) = (messages.baseAddress!, messages.baseAddress! + 1)
            zmq_msg_init(peer)
            zmq_msg_init(payload)
            defer {
                zmq_msg_close(peer)
                zmq_msg_close(payload)
            }
            if self.kind == .router {
                guard try self.receive(frame: peer) else { return nil }
            }
            guard self.kind == .dealer || zmq_msg_more(peer) != 0 else {
                return body(Received(peer: peer, payload: payload, frames: 0, size: 0))
            }
            guard try self.receive(frame: payload) else { return nil }
            let rest = zmq_msg_more(payload) != 0 ? try self.dropRest() : (frames: 0, size: 0)
            let size = zmq_msg_size(payload) + rest.size
            return body(Received(peer: peer, payload: payload, frames: 1 + rest.frames, size: size))
        }
    }

    /// Takes the next message as it is, without waiting. For ZAP: the protocol has messages of one frame.
    ///
    /// - Returns: its frames, no more and none longer than one above the limits; `nil` when no message is there.
    borrowing func receiveFrames(atMost count: Int, ofBytes size: Int) throws(ZeroMQError) -> [[UInt8]]? {
        try withUnsafeTemporaryAllocation(of: zmq_msg_t.self, capacity: 1) { messages throws(ZeroMQError) in
            let message = messages.baseAddress!
            zmq_msg_init(message)
            defer { zmq_msg_close(message) }
            var frames: [[UInt8]] = []
            repeat {
                guard try self.receive(frame: message) else { break }
                guard frames.count <= count else { continue }
                let bytes = UnsafeRawBufferPointer(start: zmq_msg_data(message), count: zmq_msg_size(message))
                frames.append(Array(bytes.prefix(size + 1)))
            } while zmq_msg_more(message) != 0
            return frames.isEmpty ? nil : frames
        }
    }

    /// Takes the frames behind the one that was read, and counts them and their bytes.
    private borrowing func dropRest() throws(ZeroMQError) -> (frames: Int, size: Int) {
        try withUnsafeTemporaryAllocation(of: zmq_msg_t.self, capacity: 1) { messages throws(ZeroMQError) in
            let message = messages.baseAddress!
            zmq_msg_init(message)
            defer { zmq_msg_close(message) }
            var (frames, size) = (0, 0)
            repeat {
                guard try self.receive(frame: message) else { break }
                frames += 1
                size += zmq_msg_size(message)
            } while zmq_msg_more(message) != 0
            return (frames, size)
        }
    }

    private borrowing func receive(frame: UnsafeMutablePointer<zmq_msg_t>) throws(ZeroMQError) -> Bool {
        try ZeroMQ.receive(frame: frame, from: self.handle)
    }
}

public enum SendOutcome: Sendable {
    case sent
    /// The queue to the peer is full; or, of a dealer, there is no connection.
    case full
    /// No peer of a router has this routing id.
    case unreachable
}

/// A message that was received; its bytes are valid only in the closure that it was passed to.
public struct Received {
    /// Routing id of the sender, at a router; empty at a dealer.
    public let peer: UnsafeRawBufferPointer
    /// The first frame.
    public let payload: UnsafeRawBufferPointer
    /// How many frames came, the routing id not counted. A message of the protocol has one.
    public let frames: Int
    /// Bytes of all these frames.
    public let size: Int
    private let message: UnsafeMutablePointer<zmq_msg_t>

    /// What the doorman let the sender in as; `nil` where the socket is not the server of an encryption.
    public var userID: String? {
        zmq_msg_gets(self.message, "User-Id").flatMap { $0.pointee == 0 ? nil : String(validatingCString: $0) }
    }

    /// The host that the message came from, as a number; `nil` where the transport does not tell.
    public var sender: String? {
        zmq_msg_gets(self.message, "Peer-Address").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The connection that it came over, as a router's events name it; `nil` where there is none, as with `inproc`.
    public var descriptor: Int32? {
        let descriptor = zmq_msg_get(self.message, ZMQ_SRCFD)
        return descriptor < 0 ? nil : descriptor
    }

    fileprivate init(
        peer: UnsafeMutablePointer<zmq_msg_t>, payload: UnsafeMutablePointer<zmq_msg_t>, frames: Int, size: Int
    ) {
        self.peer = UnsafeRawBufferPointer(start: zmq_msg_data(peer), count: zmq_msg_size(peer))
        self.payload = UnsafeRawBufferPointer(start: zmq_msg_data(payload), count: zmq_msg_size(payload))
        self.message = payload
        self.frames = frames
        self.size = size
    }
}
