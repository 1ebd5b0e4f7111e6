import Foundation
import TestSupport
import Testing

@testable import ForetokenGateway

@Suite(.oneAtATime) struct PageTests {
    @Test func thePageAllowsItselfAndNothingElse() async throws {
        try await with(Bed()) { bed in
            let answer = try await bed.http.get("/")
            #expect(answer.status == 200)
            #expect(answer.headers["content-type"] == "text/html; charset=utf-8")
            #expect(answer.headers["x-content-type-options"] == "nosniff")
            let policy = try #require(answer.headers["content-security-policy"])
            #expect(policy.hasPrefix("default-src 'none'; ") && policy.contains("; connect-src 'self'; "))
            #expect(!policy.contains("unsafe") && !policy.contains("http"))
            // One style and one program, each with the number of this answer.
            let nonce = try #require(policy.firstMatch(of: /script-src 'nonce-([A-Za-z0-9+\/=]+)'/)).1
            #expect(answer.text.contains("<style nonce=\"\(nonce)\">"))
            #expect(answer.text.contains("<script nonce=\"\(nonce)\">"))
            #expect(answer.text.ranges(of: "<script").count == 1 && answer.text.ranges(of: "<style").count == 1)
            let other = try await bed.http.get("/")
            #expect(other.headers["content-security-policy"] != policy)
            #expect(try await bed.http.post("/", "{}").status == 405)
        }
    }

    /// Nothing is fetched from elsewhere, and what servers say never becomes markup.
    @Test func thePageIsWholeByItself() {
        let html = Page().html
        #expect(!html.contains("{{"))
        // Names of XML, which nobody fetches.
        let rest = html.replacing("http://www.w3.org/2000/svg", with: "")
        #expect(!rest.contains("http:") && !rest.contains("https:") && !rest.contains("@import"))
        for way in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"] {
            #expect(!html.contains(way), "\(way)")
        }
    }
}
