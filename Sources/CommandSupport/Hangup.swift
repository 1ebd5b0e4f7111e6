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

    /// From now on a service is not ended by it unasked, as while it loads its model.
    package static func hold() {
        _ = Self.hadTerminal
        signal(SIGHUP, SIG_IGN)
    }

    /// Whether the terminal that the service was started in is gone.
    static var isOfTerminal: Bool { Self.hadTerminal && !Console.hasTerminal }
}
