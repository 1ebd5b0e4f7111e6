/// The control groups of a process, as far as they limit how much of the processors it gets. Linux alone has them.
struct ControlGroups: Equatable {
    /// Where a group's files are; the first of a list is the process's own, and each next one is around the last.
    struct Folders: Equatable {
        var version: Int
        var paths: [String]
    }

    private(set) var folders: [Folders] = []

    /// - Parameters:
    ///   - groups: the text of /proc/self/cgroup.
    ///   - mounts: the text of /proc/self/mountinfo.
    init(groups: String, mounts: String) {
        for line in groups.split(separator: "\n") {
            // Number, controllers, path; version 2 has number 0 and names no controllers.
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            let isSecond = fields[0] == "0" && fields[1].isEmpty
            guard isSecond || fields[1].split(separator: ",").contains("cpu") else { continue }
            for mount in mounts.split(separator: "\n").compactMap({ Mount($0, isSecond: isSecond) }) {
                let paths = mount.paths(from: String(fields[2]))
                self.folders.append(Folders(version: isSecond ? 2 : 1, paths: paths))
            }
        }
    }

    /// The least quota of all groups that the process is in, in processors; `nil` where there is none.
    ///
    /// - Parameter read: the text of a file; `nil` where it cannot be read.
    func quota(read: (String) -> String?) -> Double? { self.limit(read: read)?.quota }

    /// The group with the least quota, the outermost of equal ones.
    ///
    /// - Parameter read: the text of a file; `nil` where it cannot be read.
    func limit(read: (String) -> String?) -> (path: String, quota: Double)? {
        let limits = self.folders.flatMap { folders in
            folders.paths.compactMap { path -> (path: String, quota: Double)? in
                let quota =
                    folders.version == 2
                    ? read("\(path)/cpu.max").flatMap(Self.quota(ofMaximum:))
                    : Self.quota(read("\(path)/cpu.cfs_quota_us") ?? "", of: read("\(path)/cpu.cfs_period_us") ?? "")
                return quota.map { (path, $0) }
            }
        }
        return limits.reversed().min { $0.quota < $1.quota }
    }

    /// The quota in a file like `150000 100000`, or `max 100000` where there is none.
    static func quota(ofMaximum text: String) -> Double? {
        let fields = text.split(whereSeparator: \.isWhitespace)
        guard fields.count == 2 else { return nil }
        return Self.quota(String(fields[0]), of: String(fields[1]))
    }

    /// Time of a period that may be used, which is -1 where all may.
    static func quota(_ time: String, of period: String) -> Double? {
        func number(_ text: String) -> Double? { Int(text.filter { !$0.isWhitespace }).map(Double.init) }
        guard let time = number(time), let period = number(period), time > 0, period > 0 else { return nil }
        return time / period
    }

    /// Where a hierarchy of groups is to be seen.
    private struct Mount {
        /// The group that is seen at the mount's path.
        let root: String
        let path: String

        /// - Parameter line: of /proc/self/mountinfo; other file systems give `nil`.
        init?(_ line: Substring, isSecond: Bool) {
            let fields = line.split(separator: " ")
            guard let separator = fields.firstIndex(of: "-"), separator >= 6, fields.count >= separator + 4 else {
                return nil
            }
            let isWanted =
                isSecond
                ? fields[separator + 1] == "cgroup2"
                : fields[separator + 1] == "cgroup" && fields[separator + 3].split(separator: ",").contains("cpu")
            guard isWanted else { return nil }
            self.root = Self.unescaped(fields[3])
            self.path = Self.unescaped(fields[4])
        }

        /// The quotas of a group and of all groups around it that are visible here.
        func paths(from group: String) -> [String] {
            let root = self.root == "/" ? "" : self.root
            // A group that is not below the mount's root belongs to another namespace: what is seen is the mount's own.
            var rest = group.hasPrefix(root + "/") || group == root ? String(group.dropFirst(root.count)) : ""
            while rest.hasSuffix("/") { rest.removeLast() }
            var paths = [self.path + rest]
            while let slash = rest.lastIndex(of: "/") {
                rest = String(rest[..<slash])
                paths.append(self.path + rest)
            }
            return paths
        }

        /// Blanks and backslashes are written as `\040`.
        private static func unescaped(_ text: Substring) -> String {
            var parts = text.split(separator: "\\", omittingEmptySubsequences: false)
            let first = parts.removeFirst()
            return parts.reduce(String(first)) { text, part in
                guard let code = UInt8(part.prefix(3), radix: 8), part.count >= 3 else { return "\(text)\\\(part)" }
                return text + String(Unicode.Scalar(code)) + part.dropFirst(3)
            }
        }
    }
}
