import NIOCore
import TestSupport
import Testing

@testable import ForetokenGateway

/// Keys, rates and addresses, as values.
@Suite struct LimitsTests {
    @Test func aMinutesRequestsComeAtOnceAndThenEvenly() {
        var limiter = RateLimiter(perMinute: 60)
        for _ in 0..<60 { #expect(limiter.admit("a", now: 100) == nil) }
        #expect(limiter.admit("a", now: 100) == 1)
        #expect(limiter.admit("b", now: 100) == nil)
        #expect(limiter.admit("a", now: 100.5) == 0.5)
        #expect(limiter.admit("a", now: 101) == nil)
        #expect(limiter.admit("a", now: 101) != nil)
        // A clock that goes back fills nothing.
        #expect(limiter.admit("a", now: 50) != nil)
        for _ in 0..<60 { #expect(limiter.admit("a", now: 10_000) == nil) }
        #expect(limiter.admit("a", now: 10_000) != nil)
    }

    @Test func clientsThatHaveBeenAwayAreForgotten() {
        var limiter = RateLimiter(perMinute: 1)
        for number in 0..<10_000 { _ = limiter.admit("\(number)", now: Double(number)) }
        #expect(limiter.count < 2000)
        #expect(limiter.admit("9999", now: 10_000) != nil)
    }

    @Test func textsAtOnceAreBounded() throws {
        var admission = Admission(mostTexts: 3, perMinute: nil)
        try admission.enter(2)
        #expect(throws: OpenAIError.self) { try admission.enter(2) }
        try admission.enter(1)
        admission.leave(2)
        try admission.enter(2)
        #expect(admission.texts == 3)
    }

    @Test func limitsAndKeysChangeWhileTextsAreWritten() throws {
        let gate = Gate(Admission(mostTexts: 4, perMinute: 1), keys: try APIKeys("one\ntwo"))
        try gate.enter(3)
        try gate.arrive("a", now: 1)
        #expect(throws: OpenAIError.self) { try gate.arrive("a", now: 1) }
        gate.change(keys: try APIKeys("two"), mostTexts: 2, perMinute: 2)
        try gate.arrive("a", now: 1)
        #expect(gate.number(ofKey: "one") == nil && gate.number(ofKey: "two") == 0)
        #expect(throws: OpenAIError.self) { try gate.enter(1) }
        gate.leave(3)
        try gate.enter(2)
        gate.change(keys: nil, mostTexts: 3, perMinute: nil)
        for _ in 0..<100 { try gate.arrive("a", now: 1) }
        #expect(gate.number(ofKey: "one") == nil, "without keys nobody is let in by accident")
        try gate.enter(1)
        gate.change(keys: try APIKeys("two"), mostTexts: 3, perMinute: 1)
        try gate.arrive("key 0", now: 1)
        gate.change(keys: try APIKeys("two"), mostTexts: 3, perMinute: 1)
        #expect(throws: OpenAIError.self) { try gate.arrive("key 0", now: 1) }
        gate.change(keys: try APIKeys("three\ntwo"), mostTexts: 3, perMinute: 1)
        try gate.arrive("key 0", now: 1)
        let open = Gate(Admission(mostTexts: 1, perMinute: nil))
        open.change(keys: try APIKeys("one"), mostTexts: 1, perMinute: nil)
        #expect(open.number(ofKey: "one") == nil, "whether keys are asked for stays as it was")
    }

    @Test func whoseRateCounts() throws {
        func client(_ address: String) throws -> String { try SocketAddress(ipAddress: address, port: 1).client }

        #expect(try client("192.0.2.1") == "192.0.2.1")
        #expect(try client("2001:db8::1") == client("2001:db8::ffff:1"))
        #expect(try client("2001:db8::1") != client("2001:db8:0:1::1"))
        #expect(try client("::ffff:192.0.2.1") != client("::ffff:192.0.2.2"))
    }

    @Test func keysAreRead() throws {
        let keys = try APIKeys("# head\r\none\n\n two\t\nthree")
        #expect(keys.first == "one")
        #expect(keys.number(of: "one") == 0)
        #expect(keys.number(of: "three") == 2)
        #expect(keys.number(of: "four") == nil)
        #expect(keys.number(of: "") == nil)
        for text in ["", "\n# only\n", "two words"] {
            #expect(throws: APIKeys.Malformed.self) { try APIKeys(text) }
        }
    }

    @Test func addressesAreRead() {
        #expect(HTTPAddress("127.0.0.1:80") == HTTPAddress(host: "127.0.0.1", port: 80))
        #expect(HTTPAddress("*:0") == HTTPAddress(host: "0.0.0.0", port: 0))
        #expect(HTTPAddress("[::1]:8080")?.host == "::1")
        #expect(HTTPAddress("[::1]:8080")?.description == "[::1]:8080")
        for text in [
            "", "8080", ":80", "host", "host:", "host:99999", "::1:80", "http://host:80", "a b:1", "[]:1",
            "[[]]:1", "a]:1",
        ] {
            #expect(HTTPAddress(text) == nil, "\(text)")
        }
    }
}
