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

    /// Names the set of processors that the process may use: equal for two processes with the same set. Where a quota limits
    /// the process, only those under the same quota are equal to it; where nothing is known, only itself.
    public static var set: String {
        let groups = ControlGroups(
            groups: Self.text(of: "/proc/self/cgroup") ?? "", mounts: Self.text(of: "/proc/self/mountinfo") ?? "")
        return Self.set(
            boot: Self.text(of: "/proc/sys/kernel/random/boot_id") ?? "",
            status: Self.text(of: "/proc/self/status") ?? "",
            group: groups.limit(read: Self.text(of:)).map { Self.groupNamespace + $0.path }) ?? Self.own
    }

    private static let own = "\(UInt64.random(in: 0...UInt64.max))"

    /// - Parameters:
    ///   - boot: one text for each start of a machine.
    ///   - status: the text of /proc/self/status.
    ///   - group: what tells the quota from that of others; `nil` where there is none.
    /// - Returns: `nil` where that says nothing.
    static func set(boot: String, status: String, group: String?) -> String? {
        guard !boot.isEmpty, let list = Self.allowedList(ofStatus: status) else { return nil }
        return "\(boot)\n\(list)\n\(group ?? "")"
    }

    /// Such as `cgroup:[4026531835]`: containers with the same path are told apart by it.
    private static var groupNamespace: String {
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = bytes.withUnsafeMutableBytes {
            readlink("/proc/self/ns/cgroup", $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
        }
        return String(decoding: bytes[..<max(0, count)], as: UTF8.self)
    }

    /// - Parameters:
    ///   - affinity: processors that the process may run on; `nil` where that is not known.
    ///   - quota: of processors; `nil` where there is none.
    static func share(processors: Int, affinity: Int?, quota: Double?) -> Double {
        min(Double(max(1, processors)), Double(affinity ?? .max), quota ?? .infinity)
    }

    /// Processors that a process may run on, by the text of /proc/self/status: `Cpus_allowed_list:  0-3,8`.
    static func affinity(ofStatus text: String) -> Int? {
        guard let list = Self.allowedList(ofStatus: text) else { return nil }
        var count = 0
        for range in list.split(separator: ",") {
            let ends = range.split(separator: "-").map { Int($0) }
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first <= last else {
                return nil
            }
            count += last - first + 1
        }
        return count > 0 ? count : nil
    }

    /// Such as `0-3,8`.
    private static func allowedList(ofStatus text: String) -> String? {
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("Cpus_allowed_list:") }) else {
            return nil
        }
        let list = line.drop { $0 != ":" }.dropFirst().filter { !$0.isWhitespace }
        return list.isEmpty ? nil : String(list)
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
