import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A child with pipes that no other child inherits, so that each ends with its own process.
struct Spawned: Sendable {
    struct Failed: Error {
        var code: Int32
    }

    let id: pid_t
    let input: FileHandle
    let output: FileHandle
    let error: FileHandle

    /// Between the making of a pipe and its mark, no other child may be started.
    private static let starting = Mutex(())

    init(_ path: String, _ arguments: [String]) throws {
        self = try Self.starting.withLock { _ in try Self(locked: path, arguments) }
    }

    private init(locked path: String, _ arguments: [String]) throws {
        let (input, output, error) = (Pipe(), Pipe(), Pipe())
        let files = [input, output, error].flatMap { [$0.fileHandleForReading, $0.fileHandleForWriting] }
        for file in files { _ = fcntl(file.fileDescriptor, F_SETFD, FD_CLOEXEC) }

        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
        #else
            var actions = posix_spawn_file_actions_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input.fileHandleForReading.fileDescriptor, 0)
        posix_spawn_file_actions_adddup2(&actions, output.fileHandleForWriting.fileDescriptor, 1)
        posix_spawn_file_actions_adddup2(&actions, error.fileHandleForWriting.fileDescriptor, 2)

        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var id = pid_t()
        let code = posix_spawn(&id, path, &actions, nil, &words, environ)
        guard code == 0 else { throw Failed(code: code) }
        self.id = id
        self.input = input.fileHandleForWriting
        self.output = output.fileHandleForReading
        self.error = error.fileHandleForReading
        for pipe in [output, error] { try pipe.fileHandleForWriting.close() }
        try input.fileHandleForReading.close()
    }

    /// Waits for its end, once.
    ///
    /// - Returns: the exit code; negative: the signal.
    func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(self.id, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7f
        return signal == 0 ? (status >> 8) & 0xff : -signal
    }
}
