import CommandSupport
import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#endif

/// A folder for what the parts of a campaign write: gone with the campaign, or with the next one.
struct ChaosPlace: Sendable {
    private let folder: String
    let faketime: Faketime?

    /// Room for logs, in megabytes.
    private static let room = 256
    private static let prefix = "foretoken-chaos-"

    /// - Parameter hasNamespaces: then the logs have a disk of their own, which can be filled.
    init(hasNamespaces: Bool, _ launcher: Launcher) async throws {
        let all = FileManager.default.temporaryDirectory
        Self.removeLeftovers(in: all)
        let folder = all.appending(path: "\(Self.prefix)\(ProcessInfo.processInfo.processIdentifier)").path
        do {
            try FileManager.default.createDirectory(atPath: "\(folder)/logs", withIntermediateDirectories: true)
        } catch {
            throw CommandError(.cannotWrite, "\(folder) cannot be made: \(error.localizedDescription)")
        }
        self.folder = folder
        self.faketime = Faketime(folder: folder)
        if hasNamespaces {
            // In mounts of our own, which end with the processes that see them.
            try await launcher.run(["mount", "-t", "tmpfs", "-o", "size=\(Self.room)m", "logs", self.logs])
        }
    }

    var logs: String { "\(self.folder)/logs" }
    var keys: String { "\(self.folder)/keys" }
    var holdersLog: String { "\(self.folder)/namespaces.log" }

    /// Removes what campaigns that were killed have left.
    private static func removeLeftovers(in all: URL) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: all.path)) ?? [] {
            guard name.hasPrefix(self.prefix), let id = Int32(name.dropFirst(self.prefix.count)), kill(id, 0) != 0,
                errno == ESRCH
            else { continue }
            try? FileManager.default.removeItem(at: all.appending(path: name))
        }
    }

    /// Copies the logs into a folder.
    func keepLogs(in folder: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            for name in try FileManager.default.contentsOfDirectory(atPath: self.logs) where name.hasSuffix(".log") {
                let copy = "\(folder)/\(name)"
                try? FileManager.default.removeItem(atPath: copy)
                try FileManager.default.copyItem(atPath: "\(self.logs)/\(name)", toPath: copy)
            }
        } catch {
            throw CommandError(.cannotWrite, "the logs cannot be kept in \(folder): \(error.localizedDescription)")
        }
    }

    func remove() {
        #if os(Linux)
            // Fails on the loopback, where it is a folder like others.
            umount2(self.logs, Int32(MNT_DETACH))
        #endif
        try? FileManager.default.removeItem(atPath: self.folder)
    }
}
