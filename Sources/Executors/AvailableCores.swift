#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// How many threads of this process can run at the same time.
public enum AvailableCores {
    /// By the processors that are there, those that the process may run on, and the quota of its control groups. A part of
    /// a processor keeps no thread busy: one that is stopped by the quota keeps all others of its pass waiting.
    public static var count: Int { Self.count(of: Self.share) }

    static func count(of share: Double) -> Int { max(1, Int(min(share, Double(Int32.max)))) }

    /// Processors that the process may use, a part of one counted.
    public static var share: Double {
        // Where there are no such files, as on macOS, nothing limits the process.
        let groups = ControlGroups(
            groups: Self.text(of: "/proc/self/cgroup") ?? "", mounts: Self.text(of: "/proc/self/mountinfo") ?? "")
        return Self.share(
            processors: Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))),
            affinity: Self.text(of: "/proc/self/status").flatMap(Self.affinity(ofStatus:)),
            quota: groups.quota(read: Self.text(of:)))
    }

    /// - Parameters:
    ///   - affinity: processors that the process may run on; `nil` where that is not known.
    ///   - quota: of processors; `nil` where there is none.
    static func share(processors: Int, affinity: Int?, quota: Double?) -> Double {
        min(Double(max(1, processors)), Double(affinity ?? .max), quota ?? .infinity)
    }

    /// Processors that a process may run on, by the text of /proc/self/status: `Cpus_allowed_list:  0-3,8`.
    static func affinity(ofStatus text: String) -> Int? {
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("Cpus_allowed_list:") }) else {
            return nil
        }
        var count = 0
        for range in line.drop(while: { $0 != ":" }).dropFirst().split(separator: ",") {
            let ends = range.filter { !$0.isWhitespace }.split(separator: "-").map { Int($0) }
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first <= last else {
                return nil
            }
            count += last - first + 1
        }
        return count > 0 ? count : nil
    }

    /// Files of the kernel have no size that could be asked for.
    private static func text(of path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 14)
        while case let count = fread(&piece, 1, piece.count, file), count > 0 { bytes += piece[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }
}
