internal import ForetokenWire
internal import OrderedCollections
internal import Testing

@testable import Roles

/// Who is a member, and until when.
@Suite struct RosterTests {
    private static let peer = PeerID([1])
    private static let other = PeerID([2])

    private var roster = Roster()

    /// - Parameter reached: names of the processes that answer, by address.
    private mutating func register(
        _ address: String, as role: Role = .target, name: String = "one", key: String? = nil, by peer: PeerID = peer,
        reached: [String: String] = [:], absent: Set<String> = []
    ) throws(Status) -> [Roster.Change] {
        try self.roster.register(
            address, role, name: name, key: key, by: peer, reached: { reached[$0] },
            mayGiveWay: { absent.contains($0) })
    }

    private mutating func resolve(_ addresses: [String], reached: Set<String> = []) -> [Roster.Change] {
        self.roster.resolved("name", to: addresses) { reached.contains($0) }
    }

    private static func joined(_ address: String, _ role: Role = .target) -> Roster.Change {
        .joined(address, role, key: nil)
    }

    private static func left(_ address: String, _ registrants: [PeerID] = []) -> Roster.Change {
        .left(address, registrants: registrants)
    }

    // MARK: Listed and registered

    @Test mutating func aMemberStaysWhileAnythingSpeaksForIt() throws {
        #expect(self.roster.list("a", .target) == [Self.joined("a")])
        #expect(self.roster.list("a", .target) == [])
        #expect(try self.register("a") == [])
        #expect(self.roster.unregister(Self.peer) { _ in false } == [])
        #expect(self.roster.lost("a") == [] && self.roster.source(of: "a") == .listed)
    }

    @Test mutating func whatIsListedNoLongerStaysWhereAnythingElseSpeaksForIt() throws {
        #expect(self.roster.list("a", .target) == [Self.joined("a")])
        #expect(self.roster.unlist("a") == [Self.left("a")])
        #expect(self.roster.unlist("a") == [])
        #expect(try self.register("b") == [Self.joined("b")])
        #expect(self.roster.list("b", .target) == [], "it is there already, and stays now")
        #expect(self.roster.unregister(Self.peer) { _ in false } == [])
        #expect(try self.register("b") == [])
        #expect(self.roster.unlist("b") == [] && self.roster.source(of: "b") == .registered)
        self.roster.list(name: "name", .target)
        _ = self.roster.list("c", .target)
        #expect(self.resolve(["c", "d"]) == [Self.joined("d")])
        #expect(self.roster.unlist("name") == [Self.left("d")], "c is listed by itself")
        #expect(self.resolve(["e"]) == [], "nobody asks for the name any more")
    }

    @Test mutating func aRegisteredMemberGoesWithItsRegistrationUnlessItAnswers() throws {
        #expect(try self.register("a") == [Self.joined("a")])
        #expect(try self.register("a") == [], "it greets again")
        #expect(self.roster.source(of: "a") == .registered)
        // It does not answer yet, or again, and keeps its registration.
        #expect(self.roster.lost("a") == [])
        #expect(self.roster.unregister(Self.peer) { $0 == "a" } == [], "it answers")
        #expect(self.roster.lost("a") == [Self.left("a")])
        #expect(try self.register("a") == [Self.joined("a")])
        #expect(self.roster.unregister(Self.peer) { _ in false } == [Self.left("a")])
        #expect(self.roster.unregister(Self.peer) { _ in false } == [])
    }

    @Test mutating func aProcessThatHasTakenAnothersPlaceIsToldFromIt() throws {
        _ = try self.register("a")
        #expect(try self.register("a", name: "one", by: Self.other, reached: ["a": "one"]) == [])
        let changes = try self.register("a", name: "two", by: Self.other, reached: ["a": "one"])
        #expect(changes == [.restarted("a", key: nil)])
        // The registration of the former one ends without harm.
        #expect(self.roster.unregister(Self.peer) { _ in false } == [])
        #expect(self.roster.unregister(Self.other) { _ in false } == [Self.left("a")])
    }

    @Test mutating func whoMovesIsAMemberOnce() throws {
        _ = try self.register("a")
        #expect(try self.register("b") == [Self.left("a"), Self.joined("b")])
        _ = try self.register("c", reached: ["b": "one"])
        #expect(self.roster.lost("b") == [Self.left("b")], "it answered until now")
    }

    @Test mutating func anAddressHasOneRoleAndOneKey() throws {
        _ = self.roster.list("a", .draft)
        #expect(throws: Status.self) { try self.register("a") }
        _ = try self.register("b", key: "K1")
        #expect(throws: Status.self) { try self.register("b", key: "K2", by: Self.other, reached: ["b": "one"]) }
        // Nobody answers there: the place is free.
        let changes = try self.register("b", key: "K2", by: Self.other)
        #expect(changes == [Self.left("b", [Self.peer]), .joined("b", .target, key: "K2")])
    }

    @Test mutating func aFullRosterTakesOnlyThePlacesOfTheAbsent() throws {
        func peer(_ number: Int) -> PeerID { PeerID([UInt8(number), 1]) }
        for number in 0..<Roster.most { _ = try self.register("a\(number)", by: peer(number)) }
        #expect(throws: Status.self) { try self.register("b") }
        // Other roles, and listed ones, have places of their own.
        #expect(try self.register("d", as: .draft, by: Self.other) == [Self.joined("d", .draft)])
        #expect(self.roster.list("l", .target) == [Self.joined("l")])
        let changes = try self.register("b", absent: ["a7"])
        #expect(changes == [Self.left("a7", [peer(7)]), Self.joined("b")])
    }

    // MARK: Names

    @Test mutating func aNameStandsForSeveralMembers() {
        self.roster.list(name: "name", .target)
        #expect(self.roster.names["name"]?.hasResolved == false)
        #expect(self.resolve([]) == [])
        #expect(self.resolve(["b", "a"]) == [Self.joined("a"), Self.joined("b")])
        #expect(self.roster.source(of: "a") == .name("name") && self.roster.names["name"]?.hasResolved == true)
        #expect(self.resolve(["b", "c"]) == [Self.joined("c"), Self.left("a")])
        // No answer proves nothing.
        #expect(self.resolve([]) == [])
        #expect(self.roster.lost("b") == [])
    }

    @Test mutating func aMemberThatAnswersIsDroppedOnlyWhenItsNameHasLeftItOutRepeatedly() {
        self.roster.list(name: "name", .target)
        _ = self.resolve(["a", "b"])
        for _ in 1..<Roster.mostOmissions { #expect(self.resolve(["b"], reached: ["a"]) == []) }
        // A server that tells some of many in turn drops nobody.
        #expect(self.resolve(["a"], reached: ["a", "b"]) == [])
        for _ in 1..<Roster.mostOmissions { #expect(self.resolve(["b"], reached: ["a"]) == []) }
        #expect(self.resolve(["b"], reached: ["a"]) == [Self.left("a")])
    }

    @Test mutating func aMemberOfTwoKindsStaysForEither() throws {
        self.roster.list(name: "name", .target)
        _ = self.resolve(["a"])
        #expect(try self.register("a") == [])
        #expect(self.resolve(["b"]) == [Self.joined("b")], "it is registered still")
        #expect(self.roster.source(of: "a") == .registered)
        #expect(self.roster.unregister(Self.peer) { _ in false } == [Self.left("a")])
    }

    @Test mutating func aNameStandsForABoundedNumberAndForItsRoleOnly() {
        _ = self.roster.list("a00", .draft)
        self.roster.list(name: "name", .target)
        let changes = self.resolve((0..<200).map { "a\($0 < 10 ? "0" : "")\($0)" })
        #expect(changes.count == Roster.most - 1 && !changes.contains(Self.joined("a00")))
        #expect(self.roster.resolved("unheard of", to: ["x"]) { _ in false } == [])
    }
}
