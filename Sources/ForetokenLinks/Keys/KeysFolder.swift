internal import ForetokenWire

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#endif

/// The files of a keys directory, as the system shows them.
struct KeysFolder: Sendable {
    let path: String

    var membersPath: String { "\(self.path)/members" }

    func keyPath(_ name: String) -> String { "\(self.path)/\(name).key" }

    /// What tells one content of a file from another, without reading it.
    struct Stamp: Equatable, Sendable {
        var device: UInt64
        var number: UInt64
        var size: Int
        var seconds: Int
        var nanoseconds: Int
    }

    static func stamp(of path: String) -> Stamp? {
        var information = stat()
        guard stat(path, &information) == 0 else { return nil }
        #if canImport(Darwin)
            let time = information.st_mtimespec
        #else
            let time = information.st_mtim
        #endif
        return Stamp(
            device: UInt64(truncatingIfNeeded: information.st_dev), number: UInt64(information.st_ino),
            size: Int(information.st_size), seconds: time.tv_sec, nanoseconds: time.tv_nsec)
    }

    /// Reads a file that has no more than `limit` bytes.
    ///
    /// Nobody but its owner may write it.
    ///
    /// - Parameter isSecret: whether strangers may not read it, either.
    static func content(of path: String, atMost limit: Int, isSecret: Bool = false) throws(KeysError) -> [UInt8] {
        // A named pipe would be waited for.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else {
            throw KeysError(path, errno == ENOENT ? .notThere : .unreadable(String(cString: strerror(errno))))
        }
        defer { close(file) }
        var information = stat()
        guard fstat(file, &information) == 0, information.st_mode & S_IFMT == S_IFREG else {
            throw KeysError(path, .unreadable("it is not a plain file"))
        }
        let mode = UInt32(information.st_mode) & 0o777
        if isSecret, !Self.hidesSecret(mode: mode, owner: information.st_uid, reader: geteuid()) {
            throw KeysError(path, .tooOpen(mode: mode))
        }
        if mode & 0o022 != 0 { throw KeysError(path, .writableByOthers(mode: mode)) }
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        var count = 0
        while count <= limit {
            let more = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress! + count, $0.count - count) }
            if more < 0, errno == EINTR { continue }
            guard more >= 0 else { throw KeysError(path, .unreadable(String(cString: strerror(errno)))) }
            if more == 0 { break }
            count += more
        }
        guard count <= limit else { throw KeysError(path, .tooLong(bytes: Int(information.st_size))) }
        return Array(bytes.prefix(count))
    }

    /// Whether strangers may not read a file of this mode.
    ///
    /// Where the file is root's and its reader is not, the group may read it: so come secrets of Kubernetes and
    /// credentials of systemd, whose readers own no file. PostgreSQL has the same rule.
    static func hidesSecret(mode: UInt32, owner: uid_t, reader: uid_t) -> Bool {
        mode & (owner == 0 && reader != 0 ? 0o037 : 0o077) == 0
    }

    /// Names of the secret keys that are here.
    func keyNames() throws(KeysError) -> [String] {
        guard let folder = opendir(self.path) else {
            throw KeysError(self.path, errno == ENOENT ? .notThere : .unreadable(String(cString: strerror(errno))))
        }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(".key"), KeyLine.isName(name.dropLast(4)) { names.append(String(name.dropLast(4))) }
        }
        return names.sorted()
    }

    /// Looks whether others could put files of their own in the place of those that are here.
    func check() throws(KeysError) {
        var information = stat()
        guard stat(self.path, &information) == 0 else {
            throw KeysError(self.path, errno == ENOENT ? .notThere : .unreadable(String(cString: strerror(errno))))
        }
        let mode = UInt32(information.st_mode) & 0o7777
        guard mode & 0o022 == 0 || mode & UInt32(S_ISVTX) != 0 else {
            throw KeysError(self.path, .writableByOthers(mode: mode))
        }
    }

    /// Does something while nobody else does so in this directory.
    func alone<Result>(_ body: () throws(KeysError) -> Result) throws(KeysError) -> Result {
        let folder = open(self.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else {
            throw KeysError(self.path, errno == ENOENT ? .notThere : .unreadable(String(cString: strerror(errno))))
        }
        // Lets go of the lock, too.
        defer { close(folder) }
        while flock(folder, LOCK_EX) != 0 {
            guard errno == EINTR else { throw KeysError(self.path, .unwritable(String(cString: strerror(errno)))) }
        }
        return try body()
    }

    func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Writes a new file, and never over one that is there.
    static func create(_ path: String, _ text: String, mode: mode_t) throws(KeysError) {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard file >= 0 else {
            throw KeysError(path, errno == EEXIST ? .inUse : .unwritable(String(cString: strerror(errno))))
        }
        defer { close(file) }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(file, $0.baseAddress!, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                unlink(path)
                throw KeysError(path, .unwritable(String(cString: strerror(errno))))
            }
            rest = rest.dropFirst(count)
        }
        _ = fsync(file)
    }

    /// Puts a new content in the place of a file's old one, in one step for whoever reads it.
    static func replace(_ path: String, _ text: String, mode: mode_t) throws(KeysError) {
        let part = "\(path).\(getpid()).part"
        unlink(part)
        try self.create(part, text, mode: mode)
        guard rename(part, path) == 0 else {
            defer { unlink(part) }
            throw KeysError(path, .unwritable(String(cString: strerror(errno))))
        }
    }

    /// Makes the directory where there is none; its owner's alone.
    func make() throws(KeysError) {
        guard mkdir(self.path, 0o700) == 0 || errno == EEXIST else {
            throw KeysError(self.path, .unwritable(String(cString: strerror(errno))))
        }
    }

    static func remove(_ path: String) -> Bool { unlink(path) == 0 }
}
