/// Work that may block for many seconds, such as a question to the system's resolver.
public enum BlockingWork {
    /// Does something on a thread of its own.
    ///
    /// - Parameter name: what debuggers show; Linux keeps 15 bytes.
    /// - Returns: false where no thread can be had, as at a container's limit; then nothing is done.
    public static func start(name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
        Thread.start(name: name, body) == nil
    }
}
