internal import CLlama

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// Where a model's weights lie: on Linux in large pages of the process's own memory, not in the file's pages.
///
/// A pass streams through all weights, and one of few rows waits for little else. A file's pages are of 4 KiB, and each
/// costs a walk through the page tables: a pass of one row from large pages takes four fifths of the time, one of
/// eight 0.95 of it (deploy/bench/README.md). The results are the same to the last bit.
enum WeightMemory {
    #if os(Linux)
        /// More than a thread's stack takes, and less than weights for which it matters.
        private static let least: UInt = 16 << 20

        /// Has the library load the weights of the file at `path` into large pages, unless they take over half of the
        /// machine's memory: pages of a file can be dropped when memory runs short, those of a process cannot.
        static func prepare(_ parameters: inout llama_model_params, path: String) {
            var status = stat()
            let memory = Int64(sysconf(Int32(_SC_PHYS_PAGES))) * Int64(sysconf(Int32(_SC_PAGESIZE)))
            guard stat(path, &status) == 0, Int64(status.st_size) <= memory / 2 else { return }
            parameters.load_mode = LLAMA_LOAD_MODE_NONE
            // The first report comes when there is room for the weights and none of it was touched yet: pages are made
            // large then without a copy.
            parameters.progress_callback = { progress, _ in
                if progress == 0 { WeightMemory.adviseLargePages() }
                return true
            }
        }

        /// Bytes of the process that lie in large pages.
        static var largePageBytes: UInt64 {
            guard let rollup = fopen("/proc/self/smaps_rollup", "r") else { return 0 }
            defer { fclose(rollup) }
            var line: UnsafeMutablePointer<CChar>?
            var capacity = 0
            defer { free(line) }
            while getline(&line, &capacity, rollup) > 0, let text = line {
                // Such as `AnonHugePages:    622592 kB`.
                let fields = String(cString: text).split(whereSeparator: \.isWhitespace)
                if fields.first == "AnonHugePages:", fields.count > 1 { return (UInt64(fields[1]) ?? 0) << 10 }
            }
            return 0
        }

        /// Share of a model's weights that lies in large pages.
        ///
        /// - Parameters:
        ///   - before: bytes of the process that lay in large pages before it was loaded.
        ///   - size: of the weights, in bytes.
        /// - Returns: `nil` of weights so small that it does not matter.
        static func largePageShare(before: UInt64, size: UInt64) -> Float? {
            guard size > UInt64(Self.least) else { return nil }
            let now = Self.largePageBytes
            return min(Float(now - min(before, now)) / Float(size), 1)
        }

        /// Asks for large pages wherever the process has a large piece of memory. A kernel that has none says no, and
        /// all stays as it is.
        private static func adviseLargePages() {
            guard let maps = fopen("/proc/self/maps", "r") else { return }
            defer { fclose(maps) }
            var line: UnsafeMutablePointer<CChar>?
            var capacity = 0
            defer { free(line) }
            while getline(&line, &capacity, maps) > 0, let text = line {
                guard let piece = Self.memory(String(cString: text)), UInt(piece.count) >= Self.least else { continue }
                _ = madvise(UnsafeMutableRawPointer(bitPattern: piece.lowerBound), piece.count, Int32(MADV_HUGEPAGE))
            }
        }

        /// The addresses of a line of /proc/self/maps; `nil` unless they are plain memory that can be written.
        private static func memory(_ line: String) -> Range<UInt>? {
            let fields = line.split(whereSeparator: \.isWhitespace)
            guard fields.count == 5, fields[1].hasPrefix("rw"), fields[4] == "0" else { return nil }
            let ends = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            return ends.count == 2 && ends[0] < ends[1] ? ends[0]..<ends[1] : nil
        }
    #else
        static func prepare(_ parameters: inout llama_model_params, path: String) {}
        static var largePageBytes: UInt64 { 0 }
        static func largePageShare(before: UInt64, size: UInt64) -> Float? { nil }
    #endif
}
