internal import CZeroMQ

extension SocketOptions {
    /// Sets these options on a socket that is neither bound nor connected yet.
    func apply(to socket: UnsafeMutableRawPointer, _ kind: SocketKind) throws(ZeroMQError) {
        func milliseconds(_ seconds: Double) -> CInt { CInt(max(0, min(seconds * 1000, 1e9))) }
        func set<Value: BitwiseCopyable>(_ option: CInt, _ value: Value) throws(ZeroMQError) {
            var value = value
            guard zmq_setsockopt(socket, option, &value, MemoryLayout<Value>.size) == 0 else {
                throw ZeroMQError(last: "zmq_setsockopt")
            }
        }

        try set(ZMQ_LINGER, milliseconds(self.linger))
        try set(ZMQ_SNDHWM, CInt(clamping: self.highWaterMark))
        try set(ZMQ_RCVHWM, CInt(clamping: self.receiveHighWaterMark))
        try set(ZMQ_MAXMSGSIZE, Int64(self.maximumFrameSize))
        try set(ZMQ_HANDSHAKE_IVL, CInt(5000))
        // libzmq has heartbeats of its own, and they can end the process: one that is due for a connection that ended while
        // its peer was not read fails an assertion (https://github.com/zeromq/libzmq/issues/4364).
        try set(ZMQ_HEARTBEAT_IVL, CInt(0))
        let (idle, interval) = (CInt(max(1, self.patience / 3)), CInt(1))
        try set(ZMQ_TCP_KEEPALIVE, CInt(1))
        try set(ZMQ_TCP_KEEPALIVE_IDLE, idle)
        try set(ZMQ_TCP_KEEPALIVE_INTVL, interval)
        try set(ZMQ_TCP_KEEPALIVE_CNT, CInt(max(1, (self.patience - Int(idle)) / Int(interval))))
        // Where something is on its way, it is not keep-alive that counts but how long it may stay unacknowledged.
        try set(ZMQ_TCP_MAXRT, milliseconds(Double(self.patience)))
        try set(ZMQ_RECONNECT_IVL, milliseconds(self.reconnect))
        try set(ZMQ_RECONNECT_IVL_MAX, milliseconds(self.reconnectMaximum))
        try set(ZMQ_IPV6, CInt(self.ipv6 ? 1 : 0))
        try set(ZMQ_BACKLOG, CInt(clamping: self.backlog))
        if let curve { try curve.apply(to: socket) }
        switch kind {
        case .router:
            // An unknown peer is reported instead of swallowed; a peer that comes back takes its id with it.
            try set(ZMQ_ROUTER_MANDATORY, CInt(1))
            try set(ZMQ_ROUTER_HANDOVER, CInt(1))
        case .dealer:
            // Nothing is queued for a peer that is away: it would come late and in a heap.
            try set(ZMQ_IMMEDIATE, CInt(1))
            if let name = self.routingID, zmq_setsockopt(socket, ZMQ_ROUTING_ID, name, name.count) != 0 {
                throw ZeroMQError(last: "zmq_setsockopt")
            }
        }
    }
}

extension Curve.Side {
    /// Newer than the stable part of libzmq's header, and known to the library since 4.3.0.
    private static let enforceDomain: CInt = 93

    fileprivate func apply(to socket: UnsafeMutableRawPointer) throws(ZeroMQError) {
        func set(_ option: CInt, _ text: String) throws(ZeroMQError) {
            guard zmq_setsockopt(socket, option, text, text.utf8.count) == 0 else {
                throw ZeroMQError(last: "zmq_setsockopt")
            }
        }
        var one: CInt = 1
        switch self {
        case .server(let secretKey, let domain):
            guard zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &one, MemoryLayout<CInt>.size) == 0 else {
                throw ZeroMQError(last: "zmq_setsockopt")
            }
            try set(ZMQ_CURVE_SECRETKEY, secretKey.text)
            try set(ZMQ_ZAP_DOMAIN, domain)
            // Without this everybody is let in where no doorman answers. An older library does not know it; messages
            // without a user id are dropped anyway.
            _ = zmq_setsockopt(socket, Self.enforceDomain, &one, MemoryLayout<CInt>.size)
        case .client(let pair, let serverKey):
            try set(ZMQ_CURVE_SERVERKEY, serverKey)
            try set(ZMQ_CURVE_PUBLICKEY, pair.publicKey)
            try set(ZMQ_CURVE_SECRETKEY, pair.secretKey.text)
        }
    }
}
