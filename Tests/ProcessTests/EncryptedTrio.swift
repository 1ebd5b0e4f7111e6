import Foretoken
import ForetokenLinks
import ForetokenWire
import Foundation

/// Target, draft and coordinator as three processes with the keys of a deployment, or, to compare with, without any.
final class EncryptedTrio: Sendable {
    let target: Service
    let draft: Service
    let coordinator: Service
    /// The directory of the keys; `nil` where there are none.
    let keys: String?

    init(hasKeys: Bool = true) async throws {
        let keys = hasKeys ? TemporaryFile.freePath() : nil
        if let keys { _ = try KeysDirectory(keys).make() }
        let more = keys.map { ["--keys", $0] } ?? []
        async let target = Service(["target", "--listen", Service.anyPort, "--threads", "1"] + more)
        async let draft = Service(["draft", "--listen", Service.anyPort] + more)
        self.keys = keys
        self.target = try await target
        self.draft = try await draft
        self.coordinator = try await Service.coordinator(target: self.target, drafts: [self.draft.address], more)
    }

    deinit {
        if let keys { try? FileManager.default.removeItem(atPath: keys) }
    }

    func withClient<Result>(_ body: (ForetokenClient) async throws -> Result) async throws -> Result {
        try await withForetokenClient(address: self.coordinator.address, keys: self.keys, body)
    }

    /// The public key that services of a role are known by.
    func publicKey(of role: Role) throws -> String {
        let path = self.keys! + "/members"
        let members = try Members([UInt8](try Data(contentsOf: URL(filePath: path))), path: path)
        guard let member = members.named(role.rawValue) else { throw KeysError(path, .noMember(role)) }
        return member.key
    }
}

extension Service {
    var port: UInt16 { UInt16(self.address.split(separator: ":").last!)! }
}
