package import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#endif

/// A child process. It inherits its three standard files and nothing else: pipes and connections of this process, or of
/// other children, end with whom they belong to.
package struct Spawned: Sendable {
    package struct Failed: Error, CustomStringConvertible {
        package var path: String
        package var code: Int32

        package var description: String { "\(self.path) cannot be started: \(String(cString: strerror(self.code)))" }
    }

    /// Where one of its standard files leads.
    package enum Stream: Sendable {
        case pipe
        case nothing
        /// An open file of this process.
        case file(FileHandle)
    }

    package let id: pid_t
    /// Our end of its standard input, where that is a pipe; so are the others.
    package let input: FileHandle?
    package let output: FileHandle?
    package let error: FileHandle?

    /// Between the making of a pipe and its mark, no other child may be started.
    private static let starting = Mutex(())

    /// Starts a program in a process group of its own, with signals as they are by default.
    ///
    /// - Parameters:
    ///   - arguments: without the program's name.
    ///   - environment: `nil`: that of this process.
    /// - Throws: `Failed`.
    package init(
        _ path: String, _ arguments: [String], environment: [String: String]? = nil, input: Stream = .pipe,
        output: Stream = .pipe, error: Stream = .pipe
    ) throws {
        self = try Self.starting.withLock { _ in
            try Self(locked: path, arguments, environment, [input, output, error])
        }
    }

    private init(
        locked path: String, _ arguments: [String], _ environment: [String: String]?, _ streams: [Stream]
    ) throws {
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
            var attributes: posix_spawnattr_t?
        #else
            var actions = posix_spawn_file_actions_t()
            var attributes = posix_spawnattr_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Whoever waits for signals himself ignores them, and a child would inherit that.
        var (all, none) = (sigset_t(), sigset_t())
        sigfillset(&all)
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP
        posix_spawnattr_setflags(&attributes, Int16(flags))

        var ours: [FileHandle?] = []
        var theirs: [FileHandle] = []
        for (number, stream) in streams.enumerated() {
            switch stream {
            case .nothing:
                ours.append(nil)
                posix_spawn_file_actions_addopen(&actions, Int32(number), "/dev/null", O_RDWR, 0)
            case .file(let file):
                ours.append(nil)
                posix_spawn_file_actions_adddup2(&actions, file.fileDescriptor, Int32(number))
            case .pipe:
                let pipe = Pipe()
                let (reading, writing) = (pipe.fileHandleForReading, pipe.fileHandleForWriting)
                for file in [reading, writing] { _ = fcntl(file.fileDescriptor, F_SETFD, FD_CLOEXEC) }
                ours.append(number == 0 ? writing : reading)
                theirs.append(number == 0 ? reading : writing)
                posix_spawn_file_actions_adddup2(&actions, theirs.last!.fileDescriptor, Int32(number))
            }
        }

        Self.keepFiles()

        let environment = environment.map { $0.map { "\($0.key)=\($0.value)" } }
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = (environment ?? []).map { strdup($0) } + [nil]
        defer { for word in words + variables { free(word) } }
        var id = pid_t()
        let code =
            environment == nil
            ? posix_spawn(&id, path, &actions, &attributes, &words, environ)
            : posix_spawn(&id, path, &actions, &attributes, &words, &variables)
        guard code == 0 else { throw Failed(path: path, code: code) }
        self.id = id
        (self.input, self.output, self.error) = (ours[0], ours[1], ours[2])
        for file in theirs { try file.close() }
    }

    /// Marks all files that this process has open as its own, as the sockets of some libraries are not.
    private static func keepFiles() {
        let numbers = (try? FileManager.default.contentsOfDirectory(atPath: "/dev/fd")) ?? []
        for case let file? in numbers.map({ Int32($0) }) where file > 2 { _ = fcntl(file, F_SETFD, FD_CLOEXEC) }
    }

    /// Waits for its end, once. What it has left in its process group ends too.
    ///
    /// - Returns: the exit code; negative: the signal.
    package func wait() -> Int32 {
        var status: Int32 = 0
        // While it has not been waited for, its number is nobody else's.
        var ended = siginfo_t()
        while waitid(P_PID, id_t(self.id), &ended, WEXITED | WNOWAIT) < 0, errno == EINTR {}
        kill(-self.id, SIGKILL)
        while waitpid(self.id, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7f
        return signal == 0 ? (status >> 8) & 0xff : -signal
    }
}
