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
    /// What a listening thread has heard so far.
    struct Heard: Sendable {
        fileprivate var errorText = ""
        fileprivate var warningText = ""
        /// Level of the line last begun.
        fileprivate var level = GGML_LOG_LEVEL_NONE
        fileprivate var onInformation: (@Sendable (String) -> Void)?

        var errors: [String] { self.errorText.split(separator: "\n").map(String.init) }
        var warnings: [String] { self.warningText.split(separator: "\n").map(String.init) }

        fileprivate mutating func hear(_ text: String, level: ggml_log_level) {
            if level != GGML_LOG_LEVEL_CONT { self.level = level }
            switch self.level {
            case GGML_LOG_LEVEL_ERROR: self.errorText += text
            case GGML_LOG_LEVEL_WARN: self.warningText += text
            default: break
            }
        }
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
        let (result, heard) = self.recording(of: body)
        return (result, heard.errorText.split(whereSeparator: \.isNewline).map(Self.message).first { !$0.isEmpty })
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

    /// Runs `body` and returns with its result what the library logged on this thread meanwhile.
    ///
    /// - Parameter onInformation: is told each message that is neither an error nor a warning, at once.
    static func recording<Result>(
        onInformation: (@Sendable (String) -> Void)? = nil, of body: () -> Result
    ) -> (Result, Heard) {
        let thread = Self.thread
        Self.listeners.withLock { $0[thread] = Heard(onInformation: onInformation) }
        let result = body()
        return (result, Self.listeners.withLock { $0.removeValue(forKey: thread) } ?? Heard())
    }

    private static func hear(level: ggml_log_level, text: UnsafePointer<CChar>) {
        let thread = Self.thread
        let onInformation: (@Sendable (String) -> Void)? = Self.listeners.withLock { listeners in
            listeners[thread]?.hear(String(cString: text), level: level)
            return level == GGML_LOG_LEVEL_INFO ? listeners[thread]?.onInformation : nil
        }
        onInformation?(String(cString: text))
    }

    private static var thread: UInt {
        #if canImport(Darwin)
            UInt(bitPattern: pthread_self())
        #else
            UInt(pthread_self())
        #endif
    }
}
