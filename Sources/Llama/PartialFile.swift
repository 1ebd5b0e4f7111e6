internal import Synchronization

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// A place for the library to write a file to, which appears whole under its name, or not at all.
///
/// The file has a folder of its own until it is whole, so that it can be given up while the library goes on: without
/// the folder, nothing can be made there.
final class PartialFile: Sendable {
    /// Where to write.
    let path: String
    private let folder: String
    let destination: String
    private let isOpen = Mutex(true)

    /// - Parameter destination: a name that is free, or that of a plain file, which is replaced.
    /// - Throws: `LlamaError.notWritable`.
    init(for destination: String) throws(LlamaError) {
        self.destination = destination
        self.folder = "\(destination).\(getpid()).part"
        self.path = self.folder + "/model.gguf"
        var status = stat()
        if stat(destination, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
            throw .notWritable(destination, reason: "it is there, and no plain file")
        }
        guard mkdir(self.folder, 0o700) == 0 else { throw self.fault }
    }

    deinit {
        self.discard()
    }

    /// Gives the file its name.
    ///
    /// - Throws: `LlamaError.notWritable`.
    func finish() throws(LlamaError) {
        let error: LlamaError? = self.isOpen.withLock { isOpen in
            guard isOpen else { return .notWritable(self.destination, reason: "it was given up") }
            let file = open(self.path, O_RDWR)
            guard file >= 0 else { return self.fault }
            defer { close(file) }
            guard fsync(file) == 0, rename(self.path, self.destination) == 0 else { return self.fault }
            rmdir(self.folder)
            isOpen = false
            return nil
        }
        if let error { throw error }
    }

    /// Leaves nothing behind, even while something still writes there.
    func discard() {
        self.isOpen.withLock { isOpen in
            guard isOpen else { return }
            repeat { unlink(self.path) } while rmdir(self.folder) != 0 && errno == ENOTEMPTY
            isOpen = false
        }
    }

    /// Why the system takes no more, found out by writing a little more; `nil` where it would.
    var writingFault: LlamaError? {
        guard let file = fopen(self.path, "ab") else { return self.fault }
        defer { fclose(file) }
        let bytes = [UInt8](repeating: 0, count: 1 << 16)
        return fwrite(bytes, 1, bytes.count, file) == bytes.count && fflush(file) == 0 ? nil : self.fault
    }

    /// What the system refused last.
    private var fault: LlamaError { .notWritable(self.destination, reason: String(cString: strerror(errno))) }
}
