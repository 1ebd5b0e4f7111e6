internal import CLlama

/// libllama as a whole: its version, and what is done once in a process.
public enum Library {
    /// Versions of libllama whose structs are those of the header this was written for begin so.
    ///
    /// Structs are passed by value, so another version would read them wrongly without a word.
    public static let wantedVersion = "0.5."

    /// The version of the library that the process has loaded.
    public static var version: String { String(cString: llama_version()) }

    /// Sequences that a context can hold.
    public static var mostSequences: Int { llama_max_parallel_sequences() }

    private static let start: Void = {
        LlamaLog.install()
        llama_backend_init()
    }()

    /// Starts the library once in a process; every later call only compares the version.
    ///
    /// - Throws: `LlamaError.wrongLibrary`.
    static func prepare() throws(LlamaError) {
        let version = Self.version
        guard version.hasPrefix(Self.wantedVersion) else {
            throw .wrongLibrary(found: version, wanted: Self.wantedVersion + "x")
        }
        _ = Self.start
    }
}
