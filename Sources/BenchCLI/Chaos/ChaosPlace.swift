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
        // A folder that nobody else can have made before, nor look into: secret keys will be in it.
        var path = Array("\(all.path)/\(Self.prefix)\(getpid())-XXXXXX".utf8CString)
        guard mkdtemp(&path) != nil else {
            let reason = String(cString: strerror(errno))
            throw CommandError(.cannotWrite, "no folder can be made in \(all.path): \(reason)")
        }
        let folder = String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        self.folder = folder
        try FileManager.default.createDirectory(atPath: "\(folder)/logs", withIntermediateDirectories: false)
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
            let folder = all.appending(path: name).path
            guard name.hasPrefix(self.prefix),
                let id = name.dropFirst(self.prefix.count).split(separator: "-").first.flatMap({ Int32($0) }),
                kill(id, 0) != 0, errno == ESRCH, Self.isOwnFolder(folder)
            else { continue }
            try? FileManager.default.removeItem(atPath: folder)
        }
    }

    /// Whether there is a folder of this user, and no link to one.
    private static func isOwnFolder(_ path: String) -> Bool {
        var information = stat()
        return lstat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFDIR
            && information.st_uid == geteuid()
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
