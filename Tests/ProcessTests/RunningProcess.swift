import Foundation
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A started `foretoken`: what it prints, how it ends. Killed when nobody keeps it any more.
final class RunningProcess: Sendable {
    struct TimedOut: Error, CustomStringConvertible {
        var description: String
    }

    private struct State: Sendable {
        var output = Data()
        var error = Data()
        var status: Int32?
        var waiters: [Waiter] = []
    }

    private struct Waiter: Sendable {
        let number: Int
        let condition: @Sendable (RunningProcess.Snapshot) -> Bool
        let continuation: CheckedContinuation<Bool, Never>
    }

    /// What it has printed so far, and its exit code once it has ended.
    struct Snapshot: Sendable {
        var output: String
        var error: String
        /// Negative: ended by that signal.
        var status: Int32?
    }

    let id: Int32
    private let state = Mutex(State())
    private let nextWaiter = Mutex(0)

    /// The built program lies beside the tests.
    static var executable: URL { Bundle.main.bundleURL.appending(path: "foretoken") }

    init(_ arguments: [String], input: String? = nil) throws {
        let process = Process()
        process.executableURL = Self.executable
        process.arguments = arguments
        let (output, error, stdin) = (Pipe(), Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = error
        process.standardInput = input == nil ? FileHandle.nullDevice : stdin
        let state = Self.Box()
        // The process counts as ended once all that it printed has been read.
        let ends = DispatchGroup()
        for (pipe, isOutput) in [(output, true), (error, false)] {
            ends.enter()
            pipe.fileHandleForReading.readabilityHandler = { handle in
                let data = handle.availableData
                if data.isEmpty {
                    handle.readabilityHandler = nil
                    ends.leave()
                } else {
                    state.process?.take(data, isOutput: isOutput)
                }
            }
        }
        ends.enter()
        process.terminationHandler = { _ in ends.leave() }
        try process.run()
        self.id = process.processIdentifier
        state.set(self)
        ends.notify(queue: .global()) {
            let status = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
            state.end(status)
        }
        if let input {
            stdin.fileHandleForWriting.write(Data(input.utf8))
            try stdin.fileHandleForWriting.close()
        }
    }

    deinit {
        if self.snapshot.status == nil { kill(self.id, SIGKILL) }
    }

    var snapshot: Snapshot { self.state.withLock { Self.snapshot($0) } }

    func signal(_ signal: Int32) {
        if self.snapshot.status == nil { kill(self.id, signal) }
    }

    /// Waits until a condition holds of what it has printed and how it ended.
    @discardableResult
    func wait(
        for what: String, within seconds: Double = 20, until condition: @escaping @Sendable (Snapshot) -> Bool
    ) async throws -> Snapshot {
        let number = self.nextWaiter.withLock { number in
            number += 1
            return number
        }
        DispatchQueue.global().asyncAfter(deadline: .now() + seconds) { [weak self] in self?.giveUp(number) }
        let isMet = await withCheckedContinuation { continuation in
            self.state.withLock {
                $0.waiters.append(Waiter(number: number, condition: condition, continuation: continuation))
                Self.check(&$0)
            }
        }
        let snapshot = self.snapshot
        guard isMet else {
            throw TimedOut(
                description: "no \(what) within \(seconds) s; printed: \(snapshot.output)\n\(snapshot.error)")
        }
        return snapshot
    }

    /// Waits for its end.
    func end(within seconds: Double = 60) async throws -> Snapshot {
        try await self.wait(for: "end", within: seconds) { $0.status != nil }
    }

    private func take(_ data: Data, isOutput: Bool) {
        self.state.withLock {
            if isOutput { $0.output += data } else { $0.error += data }
            Self.check(&$0)
        }
    }

    private func ended(_ status: Int32) {
        self.state.withLock {
            $0.status = status
            Self.check(&$0)
        }
    }

    private func giveUp(_ number: Int) {
        self.state.withLock { state in
            for waiter in state.waiters where waiter.number == number { waiter.continuation.resume(returning: false) }
            state.waiters.removeAll { $0.number == number }
        }
    }

    private static func check(_ state: inout State) {
        let snapshot = self.snapshot(state)
        state.waiters.removeAll { waiter in
            // Nothing more comes of a process that has ended.
            guard waiter.condition(snapshot) || snapshot.status != nil else { return false }
            waiter.continuation.resume(returning: waiter.condition(snapshot))
            return true
        }
    }

    private static func snapshot(_ state: State) -> Snapshot {
        Snapshot(
            output: String(decoding: state.output, as: UTF8.self), error: String(decoding: state.error, as: UTF8.self),
            status: state.status)
    }

    /// Where the handlers find the process, which they do not keep; what comes before it is there waits.
    private final class Box: Sendable {
        private struct Early: Sendable {
            weak var process: RunningProcess?
            var isSet = false
        }

        private let state = Mutex(Early())
        private let isReady = DispatchSemaphore(value: 0)

        var process: RunningProcess? {
            if !self.state.withLock({ $0.isSet }) {
                self.isReady.wait()
                self.isReady.signal()
            }
            return self.state.withLock { $0.process }
        }

        func set(_ process: RunningProcess) {
            self.state.withLock {
                $0.process = process
                $0.isSet = true
            }
            self.isReady.signal()
        }

        func end(_ status: Int32) { self.process?.ended(status) }
    }
}

/// Runs `foretoken` to its end.
func foretoken(_ arguments: String..., input: String? = nil) async throws -> RunningProcess.Snapshot {
    try await RunningProcess(arguments, input: input).end()
}
