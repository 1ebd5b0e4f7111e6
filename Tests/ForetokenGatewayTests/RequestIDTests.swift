import Foundation
import NIOHTTP1
import TestSupport
import Testing

@testable import ForetokenGateway

/// A request is called what its client calls it.
@Suite(.oneAtATime) struct RequestIDTests {
    @Test func aNameIsTakenWhereItMayStandInALog() async throws {
        try await with(try await Bed()) { bed in
            let body = Data(#"{"prompt": "Once", "max_tokens": 2}"#.utf8)
            for (name, isTaken) in [
                ("a-client's/own:name", true), (String(repeating: "x", count: 128), true),
                (String(repeating: "x", count: 129), false), ("two words", false), ("t\u{e9}", false), ("", false),
            ] {
                let answer = try await bed.http.send(
                    .POST, "/v1/completions", body,
                    headers: [("content-type", "application/json"), ("x-request-id", name)])
                #expect(answer.status == 200)
                let told = try #require(answer.headers["x-request-id"])
                #expect((told == name) == isTaken && !told.isEmpty, "\(name): \(told)")
                // The answer's own name is another one for every answer.
                #expect(try answer.object()["id"] as? String != "cmpl-\(name)")
            }
            // Errors are found by it, too.
            let error = try await bed.http.send(.GET, "/nothing", headers: [("x-request-id", "mine")])
            #expect(error.status == 404 && error.headers["x-request-id"] == "mine")
        }
    }
}
