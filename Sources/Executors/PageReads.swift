#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// Pages of memory that this process had to wait for, because they lay on a disk: a file's, or swapped out.
public enum PageReads {
    /// How many since it began.
    public static var count: Int {
        var usage = rusage()
        #if canImport(Glibc)
            getrusage(CInt(RUSAGE_SELF.rawValue), &usage)
        #else
            getrusage(CInt(RUSAGE_SELF), &usage)
        #endif
        return Int(usage.ru_majflt)
    }
}
