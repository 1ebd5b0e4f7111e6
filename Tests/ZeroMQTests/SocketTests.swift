import CZeroMQ
import TestSupport
import Testing

@testable import ZeroMQ

@Suite(.oneAtATime) struct SocketTests {
    private let context = Context()

    @Test func anAddressInUseIsToldApart() throws {
        let first = try Socket(.router, in: self.context)
        let address = try first.bind("tcp://127.0.0.1:*")
        let second = try Socket(.router, in: self.context)
        let error = #expect(throws: ZeroMQError.self) { _ = try second.bind(address) }
        #expect(error?.isAddressInUse == true && error?.isBadAddress == false)
        #expect(error?.description == "zmq_bind: Address already in use")
    }

    @Test(arguments: ["nonsense", "tcp://", "tcp://127.0.0.1", "udp://127.0.0.1:1"])
    func aBadAddressIsToldApart(address: String) throws {
        let socket = try Socket(.router, in: self.context)
        let error = #expect(throws: ZeroMQError.self) { _ = try socket.bind(address) }
        #expect(error?.isBadAddress == true && error?.isAddressInUse == false)
    }

    @Test func aRouterTellsOfUnknownPeers() throws {
        let socket = try Socket(.router, in: self.context)
        _ = try socket.bind("tcp://127.0.0.1:*")
        #expect(try socket.send([1], to: [9, 9, 9]) == .unreachable)
        #expect(try socket.send([1], to: []) == .unreachable)
    }

    @Test func aDealerQueuesNothingForNobody() throws {
        let socket = try Socket(.dealer, in: self.context)
        try socket.connect("tcp://127.0.0.1:1")
        #expect(try socket.send([1]) == .full)
        #expect(try socket.receive { $0.size } == nil)
    }

    @Test func aBadOptionIsAnError() {
        var options = SocketOptions()
        options.routingID = [UInt8](repeating: 1, count: 256)
        #expect(throws: ZeroMQError.self) { _ = try Socket(.dealer, in: self.context, options: options) }
    }

    /// libzmq's own heartbeats abort the process where a connection ends that was not read at that moment; TCP looks after
    /// connections instead.
    @Test(arguments: [SocketKind.router, .dealer])
    func connectionsAreWatchedByTheSystem(kind: SocketKind) throws {
        let socket = try Socket(kind, in: self.context)
        func value(_ option: CInt) throws -> CInt {
            var (value, size) = (CInt(-1), MemoryLayout<CInt>.size)
            try #require(zmq_getsockopt(socket.handle, option, &value, &size) == 0)
            return value
        }
        #expect(try value(ZMQ_HEARTBEAT_IVL) == 0)
        #expect(try value(ZMQ_TCP_KEEPALIVE) == 1)
        let idle = try value(ZMQ_TCP_KEEPALIVE_IDLE)
        let rest = try value(ZMQ_TCP_KEEPALIVE_INTVL) * value(ZMQ_TCP_KEEPALIVE_CNT)
        #expect(idle > 0 && idle + rest == 6)
        #expect(try value(ZMQ_TCP_MAXRT) == 6000)
    }

    @Test func theVersionIsKnown() {
        #expect(Context.version.split(separator: ".").count == 3)
    }
}
