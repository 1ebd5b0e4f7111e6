internal import CLlama
internal import Synchronization

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// Silences libllama's log, and keeps the errors of a call for its error message.
///
/// Each thread listens for itself, so two models that load at once do not hear each other's errors.
enum LlamaLog {
    /// What the listening threads have heard so far, and whether the line last begun is an error.
    private struct Heard {
        var text = ""
        var inError = false
    }

    private static let listeners = Mutex<[UInt: Heard]>([:])

    /// Routes the log here, for the whole process.
    static func install() {
        llama_log_set(
            { level, text, _ in
                guard let text else { return }
                LlamaLog.hear(level: level, text: text)
            }, nil)
    }

    /// Runs `body` and returns with its result the last error line that the library logged on this thread meanwhile.
    static func listening<Result>(_ body: () -> Result) -> (Result, error: String?) {
        let thread = Self.thread
        Self.listeners.withLock { $0[thread] = Heard() }
        let result = body()
        let heard = Self.listeners.withLock { $0.removeValue(forKey: thread) }
        let lines = heard?.text.split(separator: "\n").map(String.init) ?? []
        // The loader's last line only repeats that it failed; the reason stands before it.
        return (result, lines.last { !$0.hasSuffix("failed to load model") } ?? lines.last)
    }

    private static func hear(level: ggml_log_level, text: UnsafePointer<CChar>) {
        Self.listeners.withLock { listeners in
            guard var heard = listeners[Self.thread] else { return }
            if level != GGML_LOG_LEVEL_CONT { heard.inError = level == GGML_LOG_LEVEL_ERROR }
            guard heard.inError else { return }
            heard.text += String(cString: text)
            listeners[Self.thread] = heard
        }
    }

    private static var thread: UInt {
        #if canImport(Darwin)
            UInt(bitPattern: pthread_self())
        #else
            UInt(pthread_self())
        #endif
    }
}
