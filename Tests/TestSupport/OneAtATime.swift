public import Testing

/// Runs the tests that have this trait one after the other, whichever suite and module they are in: those that measure
/// how soon something happens, and those that keep a core busy and would disturb them.
public struct OneAtATime: TestTrait, SuiteTrait, TestScoping {
    public let isRecursive = true

    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        await Turnstile.shared.enter()
        do {
            try await function()
            await Turnstile.shared.leave()
        } catch {
            await Turnstile.shared.leave()
            throw error
        }
    }
}

extension Trait where Self == OneAtATime {
    public static var oneAtATime: OneAtATime { OneAtATime() }
}

/// Lets one in at a time, in the order of their coming.
private actor Turnstile {
    static let shared = Turnstile()

    private var isTaken = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func enter() async {
        if self.isTaken {
            await withCheckedContinuation { self.waiting.append($0) }
        } else {
            self.isTaken = true
        }
    }

    func leave() {
        if self.waiting.isEmpty {
            self.isTaken = false
        } else {
            self.waiting.removeFirst().resume()
        }
    }
}
