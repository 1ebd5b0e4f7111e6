import Foretoken
import Foundation
import TestSupport
import Testing

@testable import ForetokenGateway

@Suite(.oneAtATime) struct StatusTests {
    @Test func theStatusTellsOfTargetsAndDrafts() async throws {
        try await with(Bed()) { bed in
            let text = #"{"prompt": "Once", "max_tokens": 40, "foretoken": {"lookahead": "fixed:4"}}"#
            var status: [String: Any] = [:]
            func member(_ role: String) -> [String: Any] { (status[role] as? [[String: Any]])?.first ?? [:] }
            // A text may be done before the draft's first block is there, and both members tell with heartbeats.
            try await eventually("both tell what they measured") {
                #expect(try await bed.http.post("/v1/completions", text).status == 200)
                status = try await bed.http.get("/foretoken/v1/status").object()
                let drafting = member("drafts")["drafting"] as? [Any] ?? []
                return member("targets")["costs"] is [String: Any] && !drafting.isEmpty
            }
            #expect(status["address"] as? String == "coordinator")
            let load = try #require(status["load"] as? [String: Int])
            #expect(load == ["slots": 4, "sequences": 0, "waiting": 0])
            let target = try #require((status["targets"] as? [[String: Any]])?.first)
            #expect(target["model"] as? String == Bed.model && target["reachable"] as? Bool == true)
            let costs = try #require(target["costs"] as? [String: Any])
            #expect((costs["pass_times"] as? [[String: Any]])?.isEmpty == false)
            let draft = try #require((status["drafts"] as? [[String: Any]])?.first)
            let drafting = try #require((draft["drafting"] as? [[String: Any]])?.first)
            #expect(drafting["target"] as? String == "target")
            for name in [
                "draft_token_ms", "round_trip_ms", "measured_acceptance", "price", "mean_lookahead", "expected_gain",
            ] {
                #expect(drafting[name] is Double, "\(name)")
            }
            #expect(try #require(drafting["window"] as? Int) >= 16 && drafting["pays"] is Bool)

            await bed.stopTarget()
            try await eventually { try await !bed.client.describe().targets[0].isReachable }
            let lost = try await bed.http.get("/foretoken/v1/status").object()
            let gone = try #require((lost["targets"] as? [[String: Any]])?.first)
            #expect(gone["reachable"] as? Bool == false && (gone["reason"] as? String)?.isEmpty == false)
        }
    }

    @Test func theStatusNeedsAKeyWhereThereAreAny() async throws {
        var settings = Bed.settings
        settings.keys = try APIKeys("a-key\n")
        try await with(Bed(settings)) { bed in
            var http = bed.http
            let without = try await http.get("/foretoken/v1/status")
            #expect(without.status == 401)
            http.key = "a-key"
            #expect(try await http.get("/foretoken/v1/status").status == 200)
        }
    }
}
