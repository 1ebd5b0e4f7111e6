import CommandSupport
import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#endif

/// A process of the deployment that was started: its first line, and its end.
final class PartProcess: Sendable {
    let id: pid_t
    /// What it says when it is ready; `nil` where it ended before.
    let ready = Latch<Data?>()
    /// Its exit code; negative: the signal that ended it.
    let ended = Latch<Int32>()
    /// What it is to end with, where it is being ended.
    let ending = Latch<Int32>()

    /// Starts a program; what it says on standard error goes to the end of a file.
    ///
    /// - Parameter words: the program's path, and its arguments.
    init(_ words: [String], environment: [String: String], log: FileHandle) throws {
        let spawned = try Spawned(
            words[0], Array(words.dropFirst()), environment: environment, input: .nothing, error: .file(log))
        self.id = spawned.id
        let (ready, ended) = (self.ready, self.ended)
        Thread.detachNewThread {
            var line = Data()
            while case let data = spawned.output!.availableData, !data.isEmpty {
                guard ready.value == nil else { continue }
                line += data
                if let end = line.firstIndex(of: UInt8(ascii: "\n")) { ready.set(line[..<end]) }
            }
            ready.set(nil)
        }
        // Not by the end of what it says: whatever it has started may hold that open.
        Thread.detachNewThread { ended.set(spawned.wait()) }
    }

    /// Nothing happens to one that has ended: its number may be another's by now.
    func signal(_ signal: Int32) {
        if self.ended.value == nil { kill(self.id, signal) }
    }
}
