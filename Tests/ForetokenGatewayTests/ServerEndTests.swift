import ServiceLifecycle
import TestSupport
import Testing

@testable import ForetokenGateway

@Suite(.oneAtATime) struct ServerEndTests {
    @Test func aServerThatEndsByItselfIsNoticed() async throws {
        try await with(Bed()) { bed in
            async let failure = bed.gateway.failure()
            await bed.gateway.listener.serving?.group.triggerGracefulShutdown()
            guard case .ended = await failure else {
                Issue.record("\(String(describing: await failure))")
                return
            }
        }
    }

    @Test func aGatewayThatIsStoppedHasNotFailed() async throws {
        try await with(Bed()) { bed in
            async let failure = bed.gateway.failure()
            await bed.gateway.stop()
            #expect(await failure == nil)
        }
    }

    @Test func whoWaitsForAFailureCanBeCancelled() async throws {
        try await with(Bed()) { bed in
            let waiting = Task { await bed.gateway.failure() }
            waiting.cancel()
            #expect(await waiting.value == nil)
        }
    }
}
