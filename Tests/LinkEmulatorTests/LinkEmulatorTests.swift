import ForetokenLinks
import LinkEmulator
import NIOCore
import TestSupport
import Testing

/// The link over real sockets.
@Suite(.oneAtATime) struct LinkEmulatorTests {
    @Test func bytesArriveUnchangedInOrderAndNotTooEarly() async throws {
        let delay = 0.03
        try await withPeers(LinkSettings(delay: delay, jitter: 0.01, seed: 1)) { peers in
            let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 ^ ($0 >> 8)) }
            let sent = ContinuousClock.now
            for begin in stride(from: 0, to: bytes.count, by: 20_000) {
                try await Peers.send(Array(bytes[begin..<begin + 20_000]), on: peers.client)
            }
            #expect(try await peers.atServer.receives(bytes))
            guard case .bytes(_, let first) = peers.atServer.elements[0] else { return #expect(Bool(false)) }
            #expect(first - sent >= .seconds(delay))

            let answered = ContinuousClock.now
            try await Peers.send([1, 2, 3], on: peers.server)
            #expect(try await peers.atClient.receives([1, 2, 3]))
            guard case .bytes(_, let back) = peers.atClient.elements[0] else { return #expect(Bool(false)) }
            #expect(back - answered >= .seconds(delay))
        }
    }

    @Test func moreThanIsHeldAtOnceArrives() async throws {
        try await withPeers(LinkSettings(delay: 0.005)) { peers in
            let bytes = (0..<6_000_000).map { UInt8(truncatingIfNeeded: $0 ^ ($0 >> 9)) }
            async let sent: Void = Peers.send(bytes, on: peers.client)
            #expect(try await peers.atServer.receives(bytes))
            try await sent
        }
    }

    @Test func delayChangesWhileItRuns() async throws {
        try await withPeers(LinkSettings()) { peers in
            try await Peers.send([1], on: peers.client)
            #expect(try await peers.atServer.receives([1]))
            await peers.link.set(delay: 0.05)
            let sent = ContinuousClock.now
            try await Peers.send([2], on: peers.client)
            #expect(try await peers.atServer.receives([1, 2]))
            #expect(ContinuousClock.now - sent >= .seconds(0.05))
            // A day, were it not taken back.
            await peers.link.set(delay: 86_400)
            await peers.link.set(delay: 0)
            try await Peers.send([3], on: peers.client)
            #expect(try await peers.atServer.receives([1, 2, 3]))
        }
    }

    @Test func dropClosesBothEnds() async throws {
        try await withPeers(LinkSettings(delay: 30)) { peers in
            try await Peers.send([1], on: peers.client)
            await peers.link.drop()
            try await peers.atServer.waitForEnd()
            try await peers.atClient.waitForEnd()
            #expect(peers.atServer.bytes == [])
        }
    }

    @Test func frozenLinkHoldsEverything() async throws {
        try await withPeers(LinkSettings()) { peers in
            try await withPeers(LinkSettings()) { others in
                await peers.link.freeze()
                try await Peers.send([1, 2], on: peers.client)
                // Long enough for them, were they not held.
                for count in 1...50 {
                    try await Peers.send([0], on: others.client)
                    #expect(try await others.atServer.receives(Array(repeating: 0, count: count)))
                }
                #expect(peers.atServer.elements.isEmpty)
                await peers.link.thaw()
                #expect(try await peers.atServer.receives([1, 2]))
            }
        }
    }

    @Test func endOfOneDirectionLeavesTheOther() async throws {
        try await withPeers(LinkSettings(delay: 0.002)) { peers in
            try await Peers.send([1], on: peers.client)
            try await peers.client.close(mode: .output)
            try await peers.atServer.waitForEnd()
            #expect(peers.atServer.bytes == [1])
            try await Peers.send([2], on: peers.server)
            #expect(try await peers.atClient.receives([2]))
            try await peers.server.close()
            try await peers.atClient.waitForEnd()
        }
    }

    @Test func closedClientIsClosedAtTheServer() async throws {
        try await withPeers(LinkSettings()) { peers in
            try await peers.client.close()
            try await peers.atServer.waitForEnd()
        }
    }

    @Test func badAddressesAreNamed() async throws {
        #expect(throws: LinkError.self) { try LinkEmulator(to: "tcp://host") }
        #expect(throws: LinkError.badAddress("inproc://a", reason: "a link is emulated for tcp only")) {
            try LinkEmulator(at: "inproc://a", to: "tcp://127.0.0.1:1")
        }
        let first = try LinkEmulator(to: "tcp://127.0.0.1:1")
        let address = try await first.start()
        let second = try LinkEmulator(at: address, to: "tcp://127.0.0.1:1")
        await #expect(throws: LinkError.addressInUse(address)) { try await second.start() }
        await second.stop()
        await first.stop()
    }
}
