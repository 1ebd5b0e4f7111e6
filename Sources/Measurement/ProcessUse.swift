internal import Foundation

/// What a process holds of the system, from Linux's /proc.
public struct ProcessUse: Codable, Equatable, Sendable, CustomStringConvertible {
    public var threads: Int
    /// Open file descriptors.
    public var files: Int
    public var residentBytes: Int

    /// Whether the system tells.
    public static var isKnown: Bool { Self(of: nil) != nil }

    public init(threads: Int, files: Int, residentBytes: Int) {
        self.threads = threads
        self.files = files
        self.residentBytes = residentBytes
    }

    /// - Parameter id: of the process; `nil`: this one.
    /// - Returns: `nil` where there is no such process, or no /proc.
    public init?(of id: Int32?) {
        let folder = "/proc/" + (id.map { "\($0)" } ?? "self")
        guard let files = try? FileManager.default.contentsOfDirectory(atPath: folder + "/fd"),
            let status = try? String(contentsOfFile: folder + "/status", encoding: .utf8),
            let threads = Self.number("Threads:", in: status), let resident = Self.number("VmRSS:", in: status)
        else { return nil }
        (self.threads, self.files, self.residentBytes) = (threads, files.count, resident << 10)
    }

    public var description: String {
        "\(self.threads) threads, \(self.files) files, \(self.residentBytes >> 10) KiB"
    }

    private static func number(_ name: String, in status: String) -> Int? {
        let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
    }
}
