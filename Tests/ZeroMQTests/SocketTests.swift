import TestSupport
import Testing
import ZeroMQ

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

    @Test func theVersionIsKnown() {
        #expect(Context.version.split(separator: ".").count == 3)
    }
}
