import ForetokenWire
import Foundation
import TestSupport
import Testing
import ZeroMQ

@testable import ForetokenLinks

/// What files of keys may say, and what is told of those that may not.
@Suite struct KeysTests {
    private static let one = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
    private static let other = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"

    private func members(_ text: String) throws(KeysError) -> Members { try Members(Array(text.utf8), path: "members") }

    // MARK: Lists

    @Test func aListNamesItsMembers() throws {
        let members = try self.members(
            "# a comment\n\n  draft\tedge-7   \(Self.one)  # of the north\r\ncoordinator main \(Self.other)")
        #expect(members.all.map(\.name) == ["edge-7", "main"])
        #expect(members[Self.one] == Identity(role: .draft, name: "edge-7", key: Self.one))
        #expect(members.named("main")?.role == .coordinator)
        #expect(members[String(repeating: "a", count: 40)] == nil && members.named("edge") == nil)
        #expect(try self.members("").all.isEmpty)
    }

    private static let faults: [(line: String, fault: KeysError.Fault)] = [
        ("draft", .wrongShape), ("draft edge", .wrongShape), ("draft edge \(other) more", .wrongShape),
        ("Draft edge \(other)", .unknownRole("Draft")), ("admin edge \(other)", .unknownRole("admin")),
        ("draft ../edge \(other)", .badName("../edge")), ("draft -edge \(other)", .badName("-edge")),
        ("draft \(String(repeating: "n", count: 65)) \(other)", .badName(String(repeating: "n", count: 32))),
        ("draft edge \(other.dropLast())", .badKey(characters: 39)), ("draft edge \(other)a", .badKey(characters: 41)),
        ("draft edge " + String(repeating: "\"", count: 40), .badKey(characters: 40)),
        ("draft first \(other)", .duplicateName("first", line: 2)), ("draft edge \(one)", .duplicateKey(line: 2)),
    ]

    @Test(arguments: Self.faults.indices)
    func whatIsWrongIsToldWithItsLine(index: Int) throws {
        let (line, fault) = Self.faults[index]
        let error = #expect(throws: KeysError("members", line: 4, fault)) {
            try self.members("# two lines\ntarget first \(Self.one)\n\n\(line)\n")
        }
        #expect(error?.description.hasPrefix("members:4: ") == true)
    }

    @Test func listsAreBounded() {
        #expect(throws: KeysError("members", .tooLong(bytes: Members.mostBytes + 1))) {
            try Members([UInt8](repeating: 0x23, count: Members.mostBytes + 1), path: "members")
        }
        #expect(throws: KeysError("members", .notText)) { try Members([0xFF, 0xFE], path: "members") }
    }

    // MARK: Secrets

    @Test func aSecretThatOthersMayReadIsRefused() throws {
        let folder = try TemporaryFolder()
        _ = try KeysDirectory(folder.path).make()
        for mode in [0o640, 0o604, 0o660] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: "\(folder.path)/draft.key")
            let error = #expect(throws: KeysError.self) { try Keyring(folder.path, role: .draft) }
            #expect(error?.fault == .tooOpen(mode: UInt32(mode)), "\(String(describing: error))")
        }
        // Another's secret is no matter of this one.
        #expect(try Keyring(folder.path, role: .target).identity.name == "target")
    }

    @Test(arguments: [
        ("", KeysError.Fault.lines(0)), ("draft a \(one)\ndraft b \(other)", .lines(2)), ("draft a", .wrongShape),
    ])
    func aSecretFileHasOneLine(text: String, fault: KeysError.Fault) {
        let error = #expect(throws: KeysError.self) { try KeyFile(Array(text.utf8), path: "a.key") }
        #expect(error?.fault == fault)
    }

    // MARK: Whose key is taken

    @Test func aServiceTakesTheOnlyKeyOfItsRoleOrTheOneOfItsName() throws {
        let folder = try TemporaryFolder()
        let directory = KeysDirectory(folder.path)
        _ = try directory.make()
        #expect(try Keyring(folder.path, role: .draft).identity.name == "draft")
        let edge = try directory.add(.draft, name: "edge-7")
        #expect(try Keyring(folder.path, role: .draft).identity.name == "draft")
        #expect(try Keyring(folder.path, role: .draft, name: "edge-7").identity == edge)
        _ = try directory.revoke("draft")
        #expect(try Keyring(folder.path, role: .draft).identity == edge)
        _ = try directory.add(.draft, name: "edge-8")
        let several = #expect(throws: KeysError.self) { try Keyring(folder.path, role: .draft) }
        #expect(several?.fault == .severalKeys(of: .draft, ["edge-7", "edge-8"]))
        // A coordinator's key may act as a client's, and no other key as anybody else's.
        try FileManager.default.removeItem(atPath: "\(folder.path)/client.key")
        #expect(try Keyring(folder.path, role: .client).identity.role == .coordinator)
        try FileManager.default.removeItem(atPath: "\(folder.path)/coordinator.key")
        let none = #expect(throws: KeysError.self) { try Keyring(folder.path, role: .client) }
        #expect(none?.fault == .noKey(of: .client))
    }

    @Test func aKeyThatIsNotListedIsToldBeforeItWouldShowAsSilence() throws {
        let folder = try TemporaryFolder()
        _ = try KeysDirectory(folder.path).make()
        let rest = try folder.read("members").split(separator: "\n").filter { !$0.hasPrefix("draft ") }
        try folder.write(rest.joined(separator: "\n"), to: "members", mode: 0o644)
        let error = #expect(throws: KeysError.self) { try Keyring(folder.path, role: .draft) }
        #expect(error?.fault == .unlisted("draft"))
    }

    @Test func whoIsExpectedIsTheOnlyOneTheNamedOneOrTheOneThatWasTold() throws {
        let folder = try TemporaryFolder()
        let directory = KeysDirectory(folder.path)
        _ = try directory.make()
        let second = try directory.add(.target, name: "second")
        let keyring = try Keyring(folder.path, role: .coordinator)
        func server(_ role: Role, name: String? = nil, key: String? = nil) throws(KeysError) -> String {
            try keyring.server(ExpectedPeer(role, key: key), name: name).name
        }
        #expect(try server(.draft) == "draft")
        #expect(try server(.target) == "target")
        #expect(try server(.target, name: "second") == "second")
        #expect(try server(.target, key: second.key) == "second")
        #expect(throws: KeysError.self) { try server(.target, name: "third") }
        #expect(throws: KeysError.self) { try server(.target, name: "draft") }
        #expect(throws: KeysError.self) { try server(.draft, key: second.key) }
        #expect(throws: KeysError.self) { try server(.target, key: Self.one) }
        _ = try directory.revoke("target")
        _ = try directory.add(.target, name: "third")
        let ambiguous = #expect(throws: KeysError.self) {
            try Keyring(folder.path, role: .coordinator).server(ExpectedPeer(.target), name: nil)
        }
        #expect(ambiguous?.fault == .severalMembers(.target, ["second", "third"]))
        #expect(ambiguous?.description.contains("second@tcp://host:port") == true)
    }

    // MARK: Making

    @Test func nothingThatIsThereIsWrittenOver() throws {
        let folder = try TemporaryFolder()
        let directory = KeysDirectory(folder.path)
        let made = try directory.make()
        let before = try folder.read("members")
        #expect(throws: KeysError("\(folder.path)/members", .inUse)) { try directory.make() }
        #expect(throws: KeysError("\(folder.path)/draft.key", .inUse)) { try directory.add(.draft, name: "draft") }
        _ = try directory.revoke("draft")
        #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/draft.key"))
        #expect(throws: KeysError("\(folder.path)/members", .unknownMember("draft"))) { try directory.revoke("draft") }
        let again = try directory.add(.draft, name: "draft")
        #expect(!made.contains(again))
        #expect(try folder.read("members").split(separator: "\n").count == before.split(separator: "\n").count)
        for name in ["coordinator", "target", "draft", "client"] {
            let path = "\(folder.path)/\(name).key"
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            #expect(try folder.read("\(name).key").split(separator: "\n").count == 1)
        }
        // A half-made directory is not taken for an empty one.
        try FileManager.default.removeItem(atPath: "\(folder.path)/members")
        #expect(throws: KeysError("\(folder.path)/client.key", .inUse)) { try directory.make() }
    }

    // MARK: Reading again

    @Test func aListIsReadAgainWhenItChangesAndABrokenOneIsNotTaken() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("draft one \(Self.one)\n", to: "members")
        let file = try MembersFile(path)
        #expect(file.look() == .none && file[Self.one]?.role == .draft)
        try folder.write("draft one \(Self.one)\nclient two \(Self.other)\n", to: "members")
        #expect(file.look() == .read && file[Self.other]?.name == "two" && file.look() == .none)
        try folder.write("draft one \(Self.one)\nclient two\n", to: "members")
        let fault = KeysError(path, line: 2, .wrongShape)
        #expect(file.look() == .broken(fault) && file.look() == .none, "it is told once")
        #expect(file[Self.other]?.name == "two", "the old list goes on")
        try FileManager.default.removeItem(atPath: path)
        #expect(file.look() == .broken(KeysError(path, .notThere)) && file[Self.one] != nil)
        try folder.write("target one \(Self.one)\n", to: "members")
        #expect(file.look() == .read && file[Self.one]?.role == .target && file[Self.other] == nil)
    }

    /// A change that leaves the size as it is, at once after another one, is seen too.
    @Test func changesThatFollowAtOnceAreSeen() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("draft aaa \(Self.one)\n", to: "members")
        let file = try MembersFile(path)
        for name in ["bbb", "ccc", "ddd", "eee"] {
            let handle = try #require(FileHandle(forWritingAtPath: path))
            try handle.write(contentsOf: Data("draft \(name)".utf8))
            try handle.close()
            #expect(file.look() == .read && file[Self.one]?.name == name)
        }
    }
}
