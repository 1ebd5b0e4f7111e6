import Foundation
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Network, mounts and processes of its own for a program, which all end with it.
enum OwnNamespaces {
    static let reason: Comment = "only root can make namespaces"

    private static let flags = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    private static let unshare = Self.program("unshare")

    /// Where a program of the system's is.
    static func program(_ name: String) -> String? {
        ["/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/"].map { $0 + name }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Root of a container may not make namespaces, so it is tried.
    static let arePossible: Bool = {
        guard geteuid() == 0, let unshare, Self.program("ip") != nil else { return false }
        let trial = Process()
        trial.executableURL = URL(filePath: unshare)
        trial.arguments = Self.flags + ["true"]
        trial.standardError = FileHandle.nullDevice
        guard (try? trial.run()) != nil else { return false }
        trial.waitUntilExit()
        return trial.terminationStatus == 0
    }()

    /// Starts a program there.
    static func run(_ command: [String]) throws -> RunningProcess {
        try RunningProcess(Self.flags + command, executable: Self.unshare!)
    }
}
