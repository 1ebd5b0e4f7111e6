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
        ("Draft edge \(other)", .unknownRole), ("admin edge \(other)", .unknownRole),
        ("draft ../edge \(other)", .badName(characters: 7)), ("draft -edge \(other)", .badName(characters: 5)),
        ("draft \(String(repeating: "n", count: 65)) \(other)", .badName(characters: 65)),
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

    /// Root may hand a secret to a service by way of its group.
    @Test(arguments: [
        (0o600, 1000, 1000, true), (0o640, 1000, 1000, false), (0o640, 0, 1000, true), (0o440, 0, 1000, true),
        (0o400, 0, 0, true), (0o440, 0, 0, false), (0o444, 0, 1000, false), (0o460, 0, 1000, false),
        (0o440, 1001, 1000, false),
    ])
    func aSecretOfRootsMayBeItsGroupsToRead(mode: UInt32, owner: UInt32, reader: UInt32, isHidden: Bool) {
        #expect(KeysFolder.hidesSecret(mode: mode, owner: owner, reader: reader) == isHidden)
    }

    @Test(arguments: [
        ("", KeysError.Fault.lines(0)), ("draft a \(one)\ndraft b \(other)", .lines(2)), ("draft a", .wrongShape),
    ])
    func aSecretFileHasOneLine(text: String, fault: KeysError.Fault) {
        let error = #expect(throws: KeysError.self) { try KeyFile(Array(text.utf8), path: "a.key") }
        #expect(error?.fault == fault)
    }

    /// Whatever is wrong with a file of keys, its secret is in no error and in no print of what was read.
    @Test func noErrorQuotesASecret() throws {
        let secret = Self.one
        let pieces = (0...(secret.count - 8)).map { String(secret.dropFirst($0).prefix(8)) }
        let words = ["draft", "edge-7", secret]
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0], [0, 2], [2, 0], [2]]
        for order in orders {
            for separator in [" ", "  ", "\t", ",", "="] {
                let line = order.map { words[$0] }.joined(separator: separator)
                var told = ""
                do throws(KeysError) {
                    let file = try KeyFile(Array(line.utf8), path: "a.key")
                    dump(file, to: &told)
                    dump(file.pair, to: &told)
                    told += "\(file) \(file.pair)"
                } catch {
                    told = "\(error) \(String(reflecting: error))"
                }
                #expect(pieces.allSatisfy { !told.contains($0) }, "\(order): \(told)")
                let list = Result { () throws(KeysError) in try Members(Array(line.utf8), path: "members") }
                if case .failure(let error) = list {
                    #expect(pieces.allSatisfy { !"\(error)".contains($0) }, "\(order): \(error)")
                }
            }
        }
    }

    /// Whoever may write the list, or put another in its place, lets in whom he likes.
    @Test func aListThatOthersMayWriteIsRefused() throws {
        let folder = try TemporaryFolder()
        _ = try KeysDirectory(folder.path).make()
        func fault(of path: String, _ mode: Int) throws -> KeysError.Fault? {
            let before = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
            defer { try? FileManager.default.setAttributes([.posixPermissions: before!], ofItemAtPath: path) }
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
            do throws(KeysError) { _ = try Keyring(folder.path, role: .draft) } catch { return error.fault }
            return nil
        }
        for mode in [0o666, 0o664, 0o646] {
            #expect(try fault(of: "\(folder.path)/members", mode) == .writableByOthers(mode: UInt32(mode)))
        }
        for mode in [0o777, 0o770, 0o703] {
            #expect(try fault(of: folder.path, mode) == .writableByOthers(mode: UInt32(mode)))
        }
        // Where only the owner of a file may replace it, as in /tmp, and where others may read the list.
        #expect(try fault(of: folder.path, 0o1777) == nil)
        #expect(try fault(of: folder.path, 0o755) == nil && fault(of: "\(folder.path)/members", 0o444) == nil)
    }

    @Test func aNamedPipeIsNotWaitedFor() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/draft.key"
        try #require(mkfifo(path, 0o600) == 0)
        let error = #expect(throws: KeysError.self) { try KeysFolder.content(of: path, atMost: 10) }
        #expect(error?.fault == .unreadable("it is not a plain file"))
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

    @Test func keysThatAreAddedAtOnceAreAllListed() async throws {
        let folder = try TemporaryFolder()
        let directory = KeysDirectory(folder.path)
        _ = try directory.make()
        let names = (0..<24).map { "edge-\($0)" }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for name in names { group.addTask { _ = try directory.add(.draft, name: name) } }
            try await group.waitForAll()
        }
        let members = try Keyring(folder.path, role: .target).members
        #expect(names.allSatisfy { members.named($0) != nil } && members.all.count == 4 + names.count)
    }

    @Test func aKeyThatCannotBeListedIsNotLeftBehind() throws {
        let folder = try TemporaryFolder()
        let directory = KeysDirectory(folder.path)
        _ = try directory.make()
        let whole = try folder.read("members")
        let room = Members.mostBytes - whole.utf8.count
        try folder.write(whole + String(repeating: "#", count: room - 1) + "\n", to: "members")
        #expect(throws: KeysError.self) { try directory.add(.draft, name: "edge-7") }
        try folder.write(whole, to: "members")
        _ = try directory.add(.draft, name: "edge-7")
    }

    // MARK: Reading again

    private static let own = Identity(role: .draft, name: "one", key: one)

    @Test func aListIsReadAgainWhenItChangesAndABrokenOneIsNotTaken() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("draft one \(Self.one)\n", to: "members")
        let file = try MembersFile(path, of: Self.own)
        #expect(file.look() == .none && file[Self.one]?.role == .draft)
        try folder.write("draft one \(Self.one)\nclient two \(Self.other)\n", to: "members")
        #expect(file.look() == .none && file[Self.other] == nil, "it may not be whole yet")
        #expect(file.look() == .read && file[Self.other]?.name == "two" && file.look() == .none)
        try folder.write("draft one \(Self.one)\nclient two\n", to: "members")
        let fault = KeysError(path, line: 2, .wrongShape)
        #expect(file.look() == .none && file.look() == .broken(fault) && file.look() == .none, "it is told once")
        #expect(file[Self.other]?.name == "two", "the old list goes on")
        try FileManager.default.removeItem(atPath: path)
        #expect(file.look() == .broken(KeysError(path, .notThere)) && file[Self.one] != nil)
        try folder.write("draft three \(Self.one)\n", to: "members")
        #expect(file.look() == .none && file.look() == .read)
        #expect(file[Self.one]?.name == "three" && file[Self.other] == nil)
    }

    /// Copies are cut first and written after, at any speed.
    @Test func aListThatIsBeingCopiedRevokesNobody() throws {
        let folder = try TemporaryFolder()
        let old = "target other \(Self.other)\ndraft one \(Self.one)\n"
        let new = "# longer\ntarget new \(Self.other)\ndraft one \(Self.one)\n"
        let path = try folder.write(old, to: "members")
        let file = try MembersFile(path, of: Self.own)
        for count in 0..<new.utf8.count {
            try folder.write(String(decoding: new.utf8.prefix(count), as: UTF8.self), to: "members")
            #expect(file.look() == .none && file[Self.other]?.name == "other", "\(count) bytes are there")
        }
        try folder.write(new, to: "members")
        #expect(file.look() == .none && file.look() == .read && file[Self.other]?.name == "new")
    }

    /// A copy that has come to a halt, or the list of another deployment.
    @Test(arguments: ["", "target other \(other)\n", "client one \(one)\n"])
    func aListWithoutItsReaderIsNotTaken(text: String) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("target other \(Self.other)\ndraft one \(Self.one)\n", to: "members")
        let file = try MembersFile(path, of: Self.own)
        try folder.write(text, to: "members")
        #expect(file.look() == .none && file.look() == .broken(KeysError(path, .unlisted("one"))))
        #expect(file.look() == .none && file[Self.one] == Self.own && file[Self.other]?.role == .target)
    }

    /// A change that leaves the size as it is, at once after another one, is seen too.
    @Test func changesThatFollowAtOnceAreSeen() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("draft aaa \(Self.one)\n", to: "members")
        let file = try MembersFile(path, of: Self.own)
        for name in ["bbb", "ccc", "ddd", "eee"] {
            let handle = try #require(FileHandle(forWritingAtPath: path))
            try handle.write(contentsOf: Data("draft \(name)".utf8))
            try handle.close()
            #expect(file.look() == .none && file.look() == .read && file[Self.one]?.name == name)
        }
    }
}
