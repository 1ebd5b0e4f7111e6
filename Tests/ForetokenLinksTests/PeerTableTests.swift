import ForetokenLinks
import ForetokenWire
import TestSupport
import Testing

@Suite(.oneAtATime) struct PeerTableTests {
    private static func peer(_ name: String, heartbeat: UInt32 = 1000) -> Peer {
        Peer(role: .draft, name: name, heartbeatMilliseconds: heartbeat)
    }

    @Test func silenceOfNearlyTwoHeartbeatsExpires() {
        var table = PeerTable()
        let (slow, quick) = (PeerID([1]), PeerID([2]))
        #expect(table.nextExpiry == nil)
        #expect(table.greeted(Self.peer("slow", heartbeat: 5000), from: slow, now: 0) == true)
        #expect(table.greeted(Self.peer("quick"), from: quick, now: 0) == true)
        #expect(table.nextExpiry == 1.75)
        #expect(table.expired(now: 1.7) == [])
        #expect(table.received(from: quick, now: 1) == true)
        #expect(table.expired(now: 2.7) == [])
        #expect(table.expired(now: 2.75) == [quick])
        #expect(table.expired(now: 10) == [quick, slow])
        #expect(table.remove(quick)?.name == "quick")
        #expect(table.expired(now: 10) == [slow])
    }

    @Test func aSleepOfThisSideExcusesEachSilenceOnce() {
        var table = PeerTable()
        let (quick, slow) = (PeerID([1]), PeerID([2]))
        #expect(table.greeted(Self.peer("quick"), from: quick, now: 0) == true)
        #expect(table.greeted(Self.peer("slow", heartbeat: 10_000), from: slow, now: 0) == true)
        for id in [quick, slow] { #expect(table.received(from: id, now: 0) == true) }
        table.excuse(3)
        #expect(table.expired(now: 4.7) == [] && table.expired(now: 4.75) == [quick])
        table.excuse(3)
        #expect(table.expired(now: 4.75) == [quick])
        #expect(table.received(from: quick, now: 5) == true)
        table.excuse(3)
        #expect(table.expired(now: 9.7) == [])
        #expect(table.expired(now: 17.5).contains(slow))
    }

    @Test func strangersAreToldApart() {
        var table = PeerTable()
        #expect(table.received(from: PeerID([1]), now: 0) == false)
        #expect(table[PeerID([1])] == nil)
        #expect(table.count == 0)
    }

    @Test func thereIsRoomForSoMany() {
        var table = PeerTable(capacity: 2)
        #expect(table.greeted(Self.peer("a"), from: PeerID([1]), now: 0) == true)
        #expect(table.greeted(Self.peer("b"), from: PeerID([2]), now: 0) == true)
        for id in [PeerID([1]), PeerID([2])] { #expect(table.received(from: id, now: 0) == true) }
        #expect(table.greeted(Self.peer("c"), from: PeerID([3]), now: 0) == false)
        #expect(table.greeted(Self.peer("a2"), from: PeerID([1]), now: 1) == true)
        #expect(table[PeerID([1])]?.name == "a2")
        table.remove(PeerID([2]))
        #expect(table.greeted(Self.peer("c"), from: PeerID([3]), now: 1) == true)
    }

    @Test func whoOnlyGreetsLocksNobodyOut() {
        var table = PeerTable(capacity: 10)
        #expect(table.greeted(Self.peer("at work"), from: PeerID([0]), now: 0) == true)
        #expect(table.received(from: PeerID([0]), now: 0) == true)
        for number: UInt8 in 1...200 {
            let peer = Self.peer("\(number)", heartbeat: 60_000)
            #expect(table.greeted(peer, from: PeerID([number]), now: Double(number) / 200) == true)
        }
        #expect(table.count == 9 && table[PeerID([0])]?.name == "at work")
        #expect(table.greeted(Self.peer("late"), from: PeerID([201]), now: 2) == true)
        #expect(table.received(from: PeerID([201]), now: 2.1) == true)
        // A heartbeat of a minute holds a place for those that show that they live.
        #expect(table.expired(now: 5).count == 9 && table.expired(now: 5).contains(PeerID([201])))
        #expect(table.received(from: PeerID([200]), now: 4) == true)
        #expect(!table.expired(now: 60).contains(PeerID([200])))
    }

    /// Whoever has one key, and so one role, leaves places for all others, however many peers it makes of itself.
    @Test(arguments: Role.allCases) func noRoleTakesTheLastPlaces(role: Role) {
        var table = PeerTable(capacity: 64)
        var taken = 0
        for number: UInt8 in 0..<200 {
            let peer = Peer(role: role, name: "\(number)", heartbeatMilliseconds: 60_000)
            guard table.greeted(peer, from: PeerID([number]), now: 0) else { continue }
            #expect(table.received(from: PeerID([number]), now: 0) == true)
            taken += 1
        }
        #expect(taken == 56 && table.mostOfOneRole == 56)
        for (number, other) in Role.allCases.filter({ $0 != role }).enumerated() {
            for more in 0..<2 {
                let id = PeerID([UInt8(210 + 2 * number + more)])
                #expect(table.greeted(Peer(role: other, name: "other"), from: id, now: 1) == true)
                #expect(table.received(from: id, now: 1) == true)
                // Nor does it by saying that it is another now.
                let turned = Peer(role: role, name: "other")
                #expect(table.greeted(turned, from: id, now: 1) == false)
            }
        }
    }

    @Test func heartbeatsAreBroughtIntoRange() {
        var table = PeerTable()
        #expect(table.greeted(Self.peer("none", heartbeat: 0), from: PeerID([1]), now: 0) == true)
        #expect(table.greeted(Self.peer("endless", heartbeat: .max), from: PeerID([2]), now: 0) == true)
        #expect(table.entry(PeerID([1]))?.heartbeat == 0.05)
        #expect(table.entry(PeerID([2]))?.heartbeat == 60)
    }

    @Test func aNameFindsThePeerThatWasHeardLast() {
        var table = PeerTable()
        #expect(table.greeted(Self.peer("same"), from: PeerID([1]), now: 0) == true)
        #expect(table.greeted(Self.peer("same"), from: PeerID([2]), now: 1) == true)
        #expect(table.greeted(Peer(role: .coordinator, name: "same"), from: PeerID([3]), now: 2) == true)
        #expect(table.id(named: "same", role: .draft) == PeerID([2]))
        #expect(table.id(named: "other", role: .draft) == nil)
    }
}
