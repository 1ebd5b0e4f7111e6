import ForetokenWire
import TestSupport
import Testing
import ZeroMQ

@testable import ForetokenLinks

/// What a link promises of the order of its events; `LinkOrderPlay` tries it with any others.
@Suite(.oneAtATime) struct LinkOrderTests {
    private static let (one, other) = (PeerID([1]), PeerID([2]))

    private static func hello(_ peer: PeerID) -> LinkEvent {
        .message(Envelope(.hello(Hello(peer: Peer(role: .client, name: "c")))), from: peer, bytes: 9)
    }

    private static func ping(_ peer: PeerID) -> LinkEvent {
        .message(Envelope(.ping(Ping(sentMicroseconds: 1))), from: peer, bytes: 9)
    }

    private static let welcome = LinkEvent.message(
        Envelope(.welcome(Welcome(peer: Peer(role: .target, name: "t")))), from: .only, bytes: 9)

    /// In short: who ends as a number, "up" for a connection, "says" for a message.
    private static func words(_ events: [LinkEvent]) -> [String] {
        events.map { event in
            switch event {
            case .connected: "up"
            case .disconnected(let peer): peer == .only ? "down" : "ends \(peer.bytes[0])"
            case .message: "says"
            case .malformed, .unlisted, .unreachable: "?"
            }
        }
    }

    /// A listening link that has heard of these peers, over these descriptors.
    private static func order(_ peers: [(PeerID, Int32)]) -> LinkOrder {
        var order = LinkOrder(listens: true)
        for (peer, descriptor) in peers {
            _ = order.happened(.accepted(descriptor: descriptor))
            _ = order.received(Self.hello(peer), over: descriptor)
        }
        order.begin()
        return order
    }

    @Test func anEndWaitsUntilNoMessageIsLeft() {
        var order = Self.order([(Self.one, 5), (Self.other, 6)])
        #expect(Self.words(order.happened(.disconnected(descriptor: 5))) == [] && order.isWaiting)
        for _ in 0..<3 { #expect(Self.words(order.received(Self.ping(Self.one), over: 5)) == ["says"]) }
        #expect(Self.words(order.received(Self.ping(Self.other), over: 6)) == ["says"])
        #expect(Self.words(order.drained()) == ["ends 1"])
        #expect(Self.words(order.drained()) == [] && !order.isWaiting)
    }

    @Test func whoIsFirstHeardAfterItsEndIsNamedToo() {
        var order = LinkOrder(listens: true)
        _ = order.happened(.accepted(descriptor: 5))
        _ = order.happened(.disconnected(descriptor: 5))
        #expect(Self.words(order.received(Self.hello(Self.one), over: 5)) == ["says"])
        #expect(Self.words(order.drained()) == ["ends 1"])
    }

    /// The next connection over a descriptor ends whoever had it, and never who has it.
    @Test(arguments: [true, false]) func aDescriptorThatIsUsedAgainEndsNobodyElse(isEndTold: Bool) {
        var order = Self.order([(Self.one, 5)])
        if isEndTold { #expect(Self.words(order.happened(.disconnected(descriptor: 5))) == []) }
        // A message of somebody new is not told before all that has happened is taken in.
        #expect(order.isFirst(Self.hello(Self.other), over: 5) && order.isFirst(Self.ping(Self.other), over: 5))
        #expect(!order.isFirst(Self.ping(Self.one), over: 5))
        #expect(Self.words(order.happened(.accepted(descriptor: 5))) == ["ends 1"])
        #expect(Self.words(order.received(Self.hello(Self.other), over: 5)) == ["says"])
        #expect(Self.words(order.drained()) == [])
        #expect(Self.words(order.happened(.disconnected(descriptor: 5)) + order.drained()) == ["ends 2"])
    }

    @Test func aPeerThatComesBackOverTheSameDescriptorIsThere() {
        var order = Self.order([(Self.one, 5)])
        _ = order.happened(.disconnected(descriptor: 5))
        #expect(order.isFirst(Self.hello(Self.one), over: 5))
        #expect(Self.words(order.happened(.accepted(descriptor: 5))) == ["ends 1"])
        #expect(Self.words(order.received(Self.hello(Self.one), over: 5)) == ["says"])
        #expect(Self.words(order.drained()) == [])
    }

    @Test func aPeerThatComesBackElsewhereEndsFirst() {
        var order = Self.order([(Self.one, 5)])
        _ = order.happened(.accepted(descriptor: 6))
        #expect(Self.words(order.received(Self.hello(Self.one), over: 6)) == ["ends 1", "says"])
        #expect(Self.words(order.happened(.disconnected(descriptor: 5)) + order.drained()) == [])
        #expect(Self.words(order.happened(.disconnected(descriptor: 6)) + order.drained()) == ["ends 1"])
    }

    @Test func aTurnIsBoundedHoweverManyStrangersComeAndGo() {
        var order = Self.order([(Self.one, 5)])
        var events = 0
        while order.hasRoom {
            #expect(order.happened(events % 2 == 0 ? .accepted(descriptor: 9) : .failed(.mechanism)).isEmpty)
            events += 1
        }
        #expect(events == LinkOrder.mostEvents)
        order.begin()
        #expect(order.hasRoom)
    }

    @Test func aConnectionIsToldBeforeTheWelcomeThatCameOverIt() {
        var order = LinkOrder(listens: false)
        #expect(order.isFirst(Self.welcome, over: nil) && !order.isFirst(Self.ping(.only), over: nil))
        #expect(Self.words(order.happened(.connected)) == [] && order.isWaiting)
        #expect(Self.words(order.received(Self.ping(.only), over: nil)) == ["says"])
        #expect(Self.words(order.happened(.disconnected(descriptor: 5))) == [])
        // Its end is known, and behind it.
        #expect(Self.words(order.received(Self.welcome, over: nil)) == ["up", "says"])
        #expect(Self.words(order.received(Self.ping(.only), over: nil)) == ["says"])
        #expect(Self.words(order.drained()) == ["down"])
    }

    @Test func theNextConnectionIsToldBehindTheEndOfTheFormer() {
        var order = LinkOrder(listens: false)
        for _ in 0..<2 {
            _ = order.happened(.disconnected(descriptor: 5))
            _ = order.happened(.connected)
        }
        #expect(Self.words(order.received(Self.welcome, over: nil)) == ["down", "up", "down", "up", "says"])
        #expect(Self.words(order.drained()) == [])
    }
}
