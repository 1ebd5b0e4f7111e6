import CommandSupport
import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Reads what a process prints, on threads of its own, and waits for its end.
final class ProcessWatch: Sendable {
    private struct State: Sendable {
        var output = Data()
        var error = Data()
        var status: Int32?
        var waiters: [Int: Waiter] = [:]
        var nextWaiter = 0

        var snapshot: RunningProcess.Snapshot {
            RunningProcess.Snapshot(
                output: String(decoding: self.output, as: UTF8.self),
                error: String(decoding: self.error, as: UTF8.self), status: self.status)
        }

        /// Answers those whose condition holds; nothing more comes of a process that has ended.
        mutating func answerWaiters() {
            guard !self.waiters.isEmpty else { return }
            let snapshot = self.snapshot
            for (number, waiter) in self.waiters {
                let isMet = waiter.condition(snapshot)
                guard isMet || snapshot.status != nil else { continue }
                self.waiters[number] = nil
                waiter.continuation.resume(returning: isMet)
            }
        }
    }

    private struct Waiter: Sendable {
        let condition: @Sendable (RunningProcess.Snapshot) -> Bool
        let continuation: CheckedContinuation<Bool, Never>
    }

    private let state = Mutex(State())

    init(_ spawned: Spawned) {
        let errors = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            self.read(spawned.error!, isError: true)
            errors.signal()
        }
        Thread.detachNewThread {
            self.read(spawned.output!, isError: false)
            errors.wait()
            let status = spawned.wait()
            self.state.withLock {
                $0.status = status
                $0.answerWaiters()
            }
        }
    }

    var snapshot: RunningProcess.Snapshot { self.state.withLock { $0.snapshot } }

    /// - Returns: whether the condition held in time.
    func wait(
        within seconds: Double, until condition: @escaping @Sendable (RunningProcess.Snapshot) -> Bool
    ) async -> Bool {
        await withCheckedContinuation { continuation in
            let number = self.state.withLock { state in
                state.nextWaiter += 1
                state.waiters[state.nextWaiter] = Waiter(condition: condition, continuation: continuation)
                state.answerWaiters()
                return state.nextWaiter
            }
            DispatchQueue.global().asyncAfter(deadline: .now() + seconds) {
                self.state.withLock { $0.waiters.removeValue(forKey: number) }?.continuation.resume(returning: false)
            }
        }
    }

    private func read(_ file: FileHandle, isError: Bool) {
        while case let data = file.availableData, !data.isEmpty {
            self.state.withLock {
                if isError { $0.error += data } else { $0.output += data }
                $0.answerWaiters()
            }
        }
    }
}
