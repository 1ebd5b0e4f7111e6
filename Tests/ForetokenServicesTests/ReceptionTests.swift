import ForetokenLinks
import ForetokenWire
import Speculation
import Testing

@testable import ForetokenServices

/// Who is let in, and what those hear whose messages cannot be read.
@Suite struct ReceptionTests {
    private static let client = PeerID([1])

    /// What is answered to a message that cannot be read.
    private func answer(_ error: WireError, call: UInt64, greets: Bool = true) -> Envelope? {
        var reception = Reception(peer: Peer(role: .coordinator, name: "coordinator"))
        if greets {
            let hello = Envelope(.hello(Hello(peer: Peer(role: .client, name: "client"))))
            _ = reception.receive(.message(hello, from: Self.client, bytes: 1), status: Pong(), now: 0)
        }
        let arrival = reception.receive(.malformed(error, from: Self.client, call: call), status: Pong(), now: 0)
        guard case .reply(let envelope, Self.client) = arrival else { return nil }
        return envelope
    }

    @Test func aCallThatCannotBeReadEndsWithWhatWouldBeValid() throws {
        let reason = LookaheadRuleError.unknown("clever:3").description
        let answer = try #require(
            self.answer(.unreadable("generate.request.lookahead", reason: reason), call: 7))
        guard case .status(let status) = answer.body else { return }
        #expect(answer.call == 7 && status.code == .invalidArgument)
        #expect(status.message.contains("known are off, fixed:N") && status.message.contains("request.lookahead"))

        let other = try #require(self.answer(.invalid("generate.request.sampling"), call: 8))
        #expect(other.call == 8)
        #expect(other.body == .status(Status(.invalidArgument, "field generate.request.sampling is out of range")))
    }

    @Test func strangersWhoseMessagesCannotBeReadHearNothing() {
        #expect(self.answer(.malformed, call: 7, greets: false) == nil)
    }
}
