import Foundation
import OpenAIClient
import Synchronization
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Two coordinators with HTTP over one target and draft; one of them ends in the middle of a stream.
@Suite(.oneAtATime) struct HTTPResumingTests {
    private struct Deployment {
        let target: Service
        let draft: Service
        let coordinators: [Service]

        init(_ more: String...) async throws {
            async let target = Service.target("--exact")
            async let draft = Service.draft()
            (self.target, self.draft) = (try await target, try await draft)
            var coordinators: [Service] = []
            for _ in 0..<2 {
                coordinators.append(
                    try await Service.coordinator(
                        target: self.target, drafts: [self.draft.address], ["--http", "127.0.0.1:0"] + more))
            }
            self.coordinators = coordinators
        }

        /// A client of these coordinators, the first of which is asked first.
        func client(of numbers: Int...) throws -> ResumingClient {
            ResumingClient(
                try numbers.map { try OpenAIAddress(try #require(self.coordinators[$0].http)) }, key: nil)
        }

        func request() async throws -> CompletionRequest {
            let address = try OpenAIAddress(try #require(self.coordinators[1].http))
            let model = try await OpenAIClient(address, key: nil).models(timeout: .seconds(Patience.seconds))[0]
            return CompletionRequest(
                model: model, prompt: "import unittest", isChat: false, maxTokens: 400, temperature: 1, seed: 5,
                lookahead: "fixed:4")
        }
    }

    /// Asks the first coordinator, and does something to it once eight events have come.
    private func stream(
        _ deployment: Deployment, _ request: CompletionRequest, _ act: @escaping @Sendable (Service) -> Void
    ) async throws -> StreamedCompletion {
        let arrivals = Mutex(0)
        let first = deployment.coordinators[0]
        return try await deployment.client(of: 0, 1).stream(request, timeout: .seconds(Patience.forPrograms)) { _ in
            if arrivals.withLock({ count in
                count += 1
                return count == 8
            }) {
                act(first)
            }
        }
    }

    @Test func aKilledCoordinatorsTextGoesOnAtTheOther() async throws {
        let deployment = try await Deployment()
        let request = try await deployment.request()
        let whole = try await deployment.client(of: 1).stream(request, timeout: .seconds(Patience.forPrograms))
        #expect(whole.error == nil && whole.resumptions == 0 && whole.tokenIDs.count == 400)
        let resumed = try await self.stream(deployment, request) { $0.process.signal(SIGKILL) }
        #expect(resumed.error == nil && resumed.resumptions == 1)
        #expect(resumed.tokenIDs == whole.tokenIDs && resumed.text == whole.text)
        #expect(resumed.tokens == 400 && resumed.counters?.tokens == 400)
    }

    @Test func aCoordinatorThatIsToldToEndFinishesTheText() async throws {
        let deployment = try await Deployment("--grace", "600")
        let request = try await deployment.request()
        let whole = try await deployment.client(of: 1).stream(request, timeout: .seconds(Patience.forPrograms))
        let drained = try await self.stream(deployment, request) { $0.process.signal(SIGTERM) }
        #expect(drained.error == nil && drained.resumptions == 0 && drained.text == whole.text)
        #expect(try await deployment.coordinators[0].process.end().status == 0)
    }

    /// A text that outlasts the grace is handed over by a named error; Ctrl-C gives none.
    @Test(arguments: [("0", SIGTERM), ("3600", SIGINT)])
    func aCoordinatorWithoutGraceHandsTheTextOver(_ grace: String, _ signal: Int32) async throws {
        let deployment = try await Deployment("--grace", grace)
        let request = try await deployment.request()
        let whole = try await deployment.client(of: 1).stream(request, timeout: .seconds(Patience.forPrograms))
        let resumed = try await self.stream(deployment, request) { $0.process.signal(signal) }
        #expect(resumed.error == nil && resumed.resumptions == 1 && resumed.text == whole.text)
        #expect(try await deployment.coordinators[0].process.end().status == 0)
    }
}
