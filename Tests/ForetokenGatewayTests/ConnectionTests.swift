import NIOHTTP1
import TestSupport
import Testing

@testable import ForetokenGateway

/// More connections than may be shut nobody out.
@Suite(.oneAtATime) struct ConnectionTests {
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            self.state = self.state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return self.state ^ (self.state >> 29)
        }
    }

    @Test func whoHasWaitedLongestMakesRoom() {
        var random = Generator(state: 5)
        var table = ConnectionTable(most: 8)
        // What the table shall hold: since when each waits, `nil` for those being answered.
        var model: [Int: Double?] = [:]
        var arrivals: [String: Int] = [:]
        for step in 0..<20_000 {
            let now = Double(step)
            switch Int.random(in: 0..<4, using: &random) {
            case 0, 1:
                let arrival = table.open(step, now: now)
                let waiting = model.compactMap { number, since in since.map { (number, $0) } }
                if model.count < 8 {
                    #expect(arrival == .taken)
                } else if let longest = waiting.min(by: { $0.1 < $1.1 }) {
                    model[longest.0] = nil
                    let isWithin = model.count < 8
                    #expect(
                        arrival == (isWithin ? .takenInstead(of: longest.0) : .takenForHealth(insteadOf: longest.0)))
                } else {
                    #expect(
                        arrival
                            == (model.count < 8 + ConnectionTable.reserve ? .takenForHealth(insteadOf: nil) : .refused))
                }
                arrivals["\(arrival)".prefix(9).description, default: 0] += 1
                guard arrival != .refused else { break }
                // There are times when nearly all are being answered.
                let isAnswered = step % 4000 < 2000 && Int.random(in: 0..<8, using: &random) > 0
                model[step] = .some(isAnswered ? nil : now)
                if isAnswered { table.note(step, isWaiting: false, now: now) }
            case 2:
                guard let number = model.keys.sorted().randomElement(using: &random) else { continue }
                let isWaiting = step % 4000 >= 2000 && Bool.random(using: &random)
                if (model[number]! != nil) != isWaiting { model[number] = .some(isWaiting ? now : nil) }
                table.note(number, isWaiting: isWaiting, now: now)
            default:
                guard model.count > 4, let number = model.keys.sorted().randomElement(using: &random) else { continue }
                guard Int.random(in: 0..<4, using: &random) == 0 else { continue }
                model[number] = nil
                table.close(number)
            }
            #expect(table.count == model.count)
        }
        // Every kind has come up.
        #expect(Set(arrivals.keys) == ["taken", "takenInst", "takenForH", "refused"], "\(arrivals)")
    }

    @Test func theOperatorIsToldOnceAMinute() {
        var table = ConnectionTable(most: 1)
        let told = (0..<130).filter { table.isToBeTold(now: Double($0)) }
        #expect(told == [0, 60, 120])
    }

    @Test func idleConnectionsShutNobodyOut() async throws {
        let warnings = Warnings()
        var settings = Bed.settings
        settings.logger = warnings.logger
        settings.mostConnections = 40
        settings.stallTimeout = .seconds(300)
        try await with(try await Bed(settings)) { bed in
            var idle: [RawPeer] = []
            for _ in 0..<100 { idle.append(try await RawPeer(bed.http)) }
            let begin = ContinuousClock.now
            #expect(try await bed.http.get("/healthz").status == 200)
            #expect(try await bed.http.post("/v1/completions", #"{"prompt": "x", "max_tokens": 2}"#).status == 200)
            // Once it took until idle ones were given up.
            #expect(ContinuousClock.now - begin < .seconds(200))
            // The first ones were closed.
            #expect(try await idle[0].read())
            #expect(warnings.all.count == 1)
            #expect(warnings.all.first?.contains("limit") == true)
            for peer in idle { await peer.close() }
        }
    }

    @Test func thereIsRoomForHealthWhereAllAreBusy() async throws {
        var settings = Bed.settings
        settings.mostConnections = 2
        try await with(try await Bed(settings, context: 1 << 20, passSeconds: Bed.hold)) { bed in
            var busy: [RawPeer] = []
            for _ in 0..<2 {
                let peer = try await RawPeer(bed.http)
                try await peer.post("/v1/completions", #"{"prompt": "x", "max_tokens": 60000, "stream": true}"#)
                try await peer.read { $0.contains("data: ") }
                busy.append(peer)
            }
            for path in ["/healthz", "/health", "/readyz", "/ready"] {
                #expect(try await bed.http.get(path).status == 200)
            }
            let refused = try await bed.http.get("/v1/models")
            #expect(refused.status == 503)
            #expect(try refused.error()["code"] as? String == "too_many_connections")
            #expect(refused.headers["retry-after"] == "1" && refused.headers["connection"] == "close")
            for peer in busy { await peer.close() }
            try await eventually { try await bed.http.get("/v1/models").status == 200 }
        }
    }

    /// How requests are answered by version, in a table: what the client says, what the answer is, and what becomes of
    /// both.
    @Test func versionsDecideFramingAndClosing() {
        typealias Case = (
            version: HTTPVersion, request: HTTPHeaders, answer: HTTPHeaders, connection: String?, closes: Bool
        )
        let length: HTTPHeaders = ["content-length": "5"]
        let cases: [Case] = [
            (.http1_1, [:], length, nil, false),
            (.http1_1, [:], [:], nil, false),
            (.http1_1, ["connection": "close"], length, "close", true),
            (.http1_1, ["connection": "Upgrade, CLOSE"], [:], "close", true),
            (.http1_1, [:], ["content-length": "5", "connection": "close"], "close", true),
            (.http1_1, ["expect": "100-continue"], length, "close", true),
            (.http1_0, [:], length, "close", true),
            (.http1_0, ["connection": "keep-alive"], length, "keep-alive", false),
            (.http1_0, ["connection": "keep-alive"], [:], "close", true),
            (.http1_0, ["connection": "keep-alive", "expect": "100-continue"], length, "keep-alive", false),
        ]
        for (version, request, answer, connection, closes) in cases {
            var exchanges = Exchanges()
            let head = exchanges.receive(HTTPRequestHead(version: version, method: .POST, uri: "/", headers: request))
            #expect((head.headers["connection"] == ["close"]) == !head.isKeepAlive)
            if !request.contains(name: "expect") { exchanges.receiveEnd() }
            let seen = exchanges.answer(HTTPResponseHead(version: .http1_1, status: .ok, headers: answer))
            #expect(seen.version == version)
            #expect(seen.headers.first(name: "connection") == connection, "\(version) \(request) \(answer)")
            let fate = exchanges.answerEnd()
            #expect(fate == (closes ? .closes : .stays))
            #expect(exchanges.isClosing == closes)
        }
    }

    @Test func requestsInARowAreAnsweredInTheirOrder() {
        var exchanges = Exchanges()
        for version in [HTTPVersion.http1_1, .http1_0] {
            _ = exchanges.receive(
                HTTPRequestHead(
                    version: version, method: .POST, uri: "/",
                    headers: version == .http1_1 ? ["expect": "100-continue"] : [:]))
            let isTold = exchanges.accept()
            #expect(isTold == (version == .http1_1))
            let isToldAgain = exchanges.accept()
            #expect(!isToldAgain)
            exchanges.receiveEnd()
        }
        for (version, closes) in [(HTTPVersion.http1_1, false), (.http1_0, true)] {
            let head = exchanges.answer(HTTPResponseHead(version: .http1_1, status: .ok))
            let fate = exchanges.answerEnd()
            #expect(head.version == version && fate == (closes ? .closes : .stays) && exchanges.isAnswering != closes)
        }
    }

    @Test func theRestOfARequestIsTakenBeforeTheEnd() {
        for isBroken in [false, true] {
            var exchanges = Exchanges()
            _ = exchanges.receive(HTTPRequestHead(version: .http1_1, method: .POST, uri: "/"))
            if isBroken { exchanges.endReceiving() }
            let refusal: HTTPHeaders = ["content-length": "5", "connection": "close"]
            _ = exchanges.answer(HTTPResponseHead(version: .http1_1, status: .payloadTooLarge, headers: refusal))
            let fate = exchanges.answerEnd()
            #expect(fate == (isBroken ? .closes : .closesLater))
        }
    }
}
