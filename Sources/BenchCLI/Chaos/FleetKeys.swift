import CommandSupport
import Foundation
import Measurement

/// A key for each part and one for the clients, in folders that hold no other secret, as on machines of their own.
struct FleetKeys: Sendable {
    private let place: String

    /// Makes them, as a user does.
    init(in place: String, for parts: [ChaosPart], program: String, _ launcher: Launcher) async throws {
        self.place = place
        let all = "\(place)/all"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        try await launcher.run([program, "keygen", all])
        for part in parts {
            try await launcher.run([program, "keygen", all, "--add", part.role.rawValue, "--name", "\(part)"])
        }
        for name in parts.map(\.description) + ["client"] {
            let folder = "\(place)/\(name)"
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            for file in ["members", "\(name).key"] {
                try FileManager.default.copyItem(atPath: "\(all)/\(file)", toPath: "\(folder)/\(file)")
            }
        }
    }

    func folder(of part: ChaosPart) -> String { "\(self.place)/\(part)" }
    var client: String { "\(self.place)/client" }
}
