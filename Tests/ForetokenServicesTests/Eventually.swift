import Dispatch
import Testing

/// Waits until a condition holds, by looking again every 2 ms: whoever looks all the time takes a core from those who
/// are to make it true.
func eventually(within seconds: Double, _ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while !(try await condition()) {
        if ContinuousClock.now > deadline {
            Issue.record("did not come true within \(seconds) s")
            return
        }
        await withCheckedContinuation { continuation in
            DispatchQueue.global().asyncAfter(deadline: .now() + 0.002) { continuation.resume() }
        }
    }
}
