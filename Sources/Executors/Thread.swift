#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Threads, as far as loops need them.
enum Thread {
    private final class Start {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// Bytes of a thread's stack: what the main thread has on Linux; macOS would give 512 KiB.
    private static let stackSize = 8 << 20

    /// Runs `body` on a new thread that nobody has to join.
    ///
    /// - Returns: why there is none; `nil` where there is.
    static func start(name: String, _ body: @escaping @Sendable () -> Void) -> String? {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
        pthread_attr_setstacksize(&attributes, Self.stackSize)

        let start = Unmanaged.passRetained(Start(name: name, body: body)).toOpaque()
        #if canImport(Darwin)
            var thread: pthread_t?
            let failure = pthread_create(&thread, &attributes, { Thread.run($0) }, start)
        #else
            var thread = pthread_t()
            let failure = pthread_create(&thread, &attributes, { Thread.run($0!) }, start)
        #endif
        guard failure != 0 else { return nil }
        Unmanaged<Start>.fromOpaque(start).release()
        return "cannot start thread \(name): \(String(cString: strerror(failure)))"
    }

    /// Names the calling thread among those alive; never 0.
    static var current: UInt {
        #if canImport(Glibc)
            UInt(pthread_self())
        #else
            UInt(bitPattern: pthread_self())
        #endif
    }

    private static func run(_ start: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        let start = Unmanaged<Start>.fromOpaque(start).takeRetainedValue()
        Self.setName(start.name)
        start.body()
        return nil
    }

    /// Names the calling thread for debuggers and `top`; Linux keeps 15 bytes.
    private static func setName(_ name: String) {
        #if canImport(Darwin)
            pthread_setname_np(name)
        #else
            // Swift does not see glibc's pthread_setname_np, which writes to this file too.
            let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
            guard file >= 0 else { return }
            let bytes = Array(name.utf8.prefix(15))
            _ = write(file, bytes, bytes.count)
            close(file)
        #endif
    }
}
