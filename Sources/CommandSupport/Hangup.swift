import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#endif

/// What SIGHUP means to a service: its terminal is gone, or somebody wants it to read its configuration again.
package enum Hangup {
    private static let hadTerminal = Console.hasTerminal
    private static let wasIgnored = Atomic(false)
    private static let came = Atomic(false)

    /// From now on SIGHUP does not end the service, not even while it loads its model; that it came is remembered.
    package static func hold() {
        // Made before a handler uses it.
        _ = (Self.hadTerminal, Self.came.load(ordering: .relaxed))
        let former = signal(SIGHUP) { _ in Hangup.came.store(true, ordering: .relaxed) }
        // As `nohup` has it.
        let isIgnored = unsafeBitCast(former, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
        Self.wasIgnored.store(isIgnored, ordering: .relaxed)
    }

    /// Whether it came since `hold`, before somebody else listened for it.
    static var hasCome: Bool { Self.came.load(ordering: .relaxed) }

    /// Whether the terminal that the service was started in is gone, and is to take the service with it.
    static var isOfTerminal: Bool {
        !Self.wasIgnored.load(ordering: .relaxed) && Self.hadTerminal && !Console.hasTerminal
    }
}
