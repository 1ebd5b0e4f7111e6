import CommandSupport
import Foundation
import Synchronization
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A started `foretoken`, `foretoken-bench`, or another program: what it prints, how it ends. Killed when nobody keeps it any more.
final class RunningProcess: Sendable {
    struct TimedOut: Error, CustomStringConvertible {
        var description: String
    }

    /// What it has printed so far, and its exit code once it has ended.
    struct Snapshot: Sendable {
        var output = ""
        var error = ""
        /// Negative: ended by that signal.
        var status: Int32?
    }

    let id: Int32
    private let watch: ProcessWatch

    /// The built programs lie beside the tests.
    static var executable: String { Bundle.main.bundleURL.appending(path: "foretoken").path }
    static var bench: String { Self.executable + "-bench" }

    /// - Parameter executable: `foretoken` where none is given.
    init(_ arguments: [String], input: String = "", executable: String = RunningProcess.executable) throws {
        let spawned = try Spawned(executable, arguments)
        self.id = spawned.id
        self.watch = ProcessWatch(spawned)
        try spawned.input!.write(contentsOf: Data(input.utf8))
        try spawned.input!.close()
    }

    /// Starts `foretoken-bench`.
    convenience init(bench arguments: [String]) throws {
        try self.init(arguments, executable: Self.bench)
    }

    deinit {
        self.signal(SIGKILL)
    }

    var snapshot: Snapshot { self.watch.snapshot }

    func signal(_ signal: Int32) {
        if self.snapshot.status == nil { kill(self.id, signal) }
    }

    /// Waits until a condition holds of what it has printed and how it ended.
    @discardableResult
    func wait(
        for what: String, within seconds: Double = Patience.seconds,
        until condition: @escaping @Sendable (Snapshot) -> Bool
    ) async throws -> Snapshot {
        if await self.watch.wait(within: seconds, until: condition) { return self.snapshot }
        let snapshot = self.snapshot
        throw TimedOut(
            description: "no \(what) within \(seconds) s; printed: \(snapshot.output)\n\(snapshot.error)")
    }

    /// Waits for its end.
    func end(within seconds: Double = Patience.forPrograms) async throws -> Snapshot {
        try await self.wait(for: "end", within: seconds) { $0.status != nil }
    }
}

/// Runs `foretoken` to its end.
func foretoken(_ arguments: String...) async throws -> RunningProcess.Snapshot {
    try await RunningProcess(arguments).end()
}

/// Runs `foretoken-bench` to its end.
func foretokenBench(_ arguments: String...) async throws -> RunningProcess.Snapshot {
    try await RunningProcess(bench: arguments).end()
}
