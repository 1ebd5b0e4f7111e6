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

    /// Runs `body` and returns with its result the first error line that the library logged on this thread meanwhile: the
    /// cause, of which later lines only tell what else could not be done because of it.
    static func listening<Result>(_ body: () -> Result) -> (Result, error: String?) {
        let thread = Self.thread
        Self.listeners.withLock { $0[thread] = Heard() }
        let result = body()
        let heard = Self.listeners.withLock { $0.removeValue(forKey: thread) }
        let lines = heard?.text.split(whereSeparator: \.isNewline).lazy.map(Self.message) ?? []
        return (result, lines.first { !$0.isEmpty })
    }

    /// A line without the function that logs it, and without what every line of the loader begins with.
    private static func message(_ line: Substring) -> String {
        var rest = line.drop(while: \.isWhitespace)
        let names = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == ":" }
        if names.hasSuffix(":"), names.count > 1 { rest = rest[names.endIndex...] }
        rest = rest.drop(while: \.isWhitespace)
        let beginning = "error loading model: "
        return String(rest.hasPrefix(beginning) ? rest.dropFirst(beginning.count) : rest)
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
