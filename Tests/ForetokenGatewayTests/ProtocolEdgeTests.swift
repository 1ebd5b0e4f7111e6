import Foretoken
import Foundation
import TestSupport
import Testing

@testable import ForetokenGateway

/// Clients that speak HTTP otherwise than the newest do, stop in the middle, or leave.
@Suite(.oneAtATime) struct ProtocolEdgeTests {
    private static let body = #"{"prompt": "x", "max_tokens": 3, "seed": 1}"#
    private static let streamed = #"{"prompt": "x", "max_tokens": 3, "seed": 1, "stream": true}"#

    @Test func oldClientsGetTheEndOfTheConnection() async throws {
        try await with(try await Bed()) { bed in
            for headers in [[], ["Connection: close"]] {
                let peer = try await RawPeer(bed.http)
                try await peer.post("/v1/completions", Self.body, version: "1.0", headers)
                #expect(try await peer.read())
                #expect(peer.head.first == "http/1.0 200 ok")
                #expect(peer.head.contains("connection: close"))
                #expect(peer.body.hasSuffix("}"))
            }
        }
    }

    @Test func oldClientsMayKeepTheConnection() async throws {
        try await with(try await Bed()) { bed in
            let peer = try await RawPeer(bed.http)
            for count in 1...3 {
                try await peer.post("/v1/completions", Self.body, version: "1.0", ["Connection: Keep-Alive"])
                let ended = try await peer.read { $0.components(separatedBy: "\"usage\"").count > count }
                #expect(!ended)
                #expect(peer.text.lowercased().components(separatedBy: "connection: keep-alive").count == count + 1)
            }
            await peer.close()
        }
    }

    @Test func oldClientsGetStreamsWithoutChunks() async throws {
        try await with(try await Bed()) { bed in
            for headers in [[], ["Connection: keep-alive"]] {
                let peer = try await RawPeer(bed.http)
                try await peer.post("/v1/completions", Self.streamed, version: "1.0", headers)
                #expect(try await peer.read())
                #expect(!peer.head.contains { $0.hasPrefix("transfer-encoding") })
                #expect(peer.head.contains("connection: close"))
                #expect(peer.body.hasPrefix("data: {"))
                #expect(peer.body.hasSuffix("\n\ndata: [DONE]\n\n"))
            }
        }
    }

    @Test func whoSaysCloseGetsIt() async throws {
        try await with(try await Bed()) { bed in
            for value in ["close", "Close", "TE, close"] {
                let peer = try await RawPeer(bed.http)
                try await peer.post("/v1/completions", Self.body, ["Connection: \(value)"])
                #expect(try await peer.read())
                #expect(peer.head.first == "http/1.1 200 ok")
                #expect(peer.head.contains("connection: close"))
            }
        }
    }

    @Test func whoWaitsForTheWordToGoOnHearsIt() async throws {
        try await with(try await Bed()) { bed in
            let peer = try await RawPeer(bed.http)
            let head =
                "POST /v1/completions HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: \(Self.body.utf8.count)\r\n\r\n"
            for _ in 0..<2 {
                try await peer.send(head)
                try await peer.read { $0.hasSuffix("HTTP/1.1 100 Continue\r\n\r\n") }
                try await peer.send(Self.body)
                try await peer.read { $0.hasSuffix("}") }
                #expect(peer.text.contains("HTTP/1.1 200 OK\r\n"))
            }
            await peer.close()
        }
    }

    @Test func whoIsRefusedIsNotToldToGoOn() async throws {
        var settings = Bed.settings
        settings.bodyLimit = 1000
        try await with(try await Bed(settings)) { bed in
            for (path, length, status) in [("/v1/completions", 1001, 413), ("/v1/nothing", 5, 404), ("/", 5, 405)] {
                let peer = try await RawPeer(bed.http)
                try await peer.send(
                    "POST \(path) HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: \(length)\r\n\r\n")
                #expect(try await peer.read())
                #expect(peer.head.first?.hasPrefix("http/1.1 \(status) ") == true)
                #expect(!peer.text.contains("100 Continue"))
            }
        }
    }

    /// What clients do wrong is told them, and no alarm for the operator.
    @Test func brokenBodiesAreTheClientsFault() async throws {
        let warnings = Warnings()
        var settings = Bed.settings
        settings.logger = warnings.logger
        try await with(try await Bed(settings)) { bed in
            let cases: [(headers: String, body: String, ends: Bool, status: Int, code: String)] = [
                ("Transfer-Encoding: chunked", "zz\r\n", false, 400, "broken_body"),
                ("Transfer-Encoding: chunked", "5\r\n{\"pro", true, 400, "incomplete_body"),
                ("Content-Length: 100", "{\"prompt\": ", true, 400, "incomplete_body"),
                (
                    "Content-Length: \(Self.body.utf8.count)\r\nContent-Encoding: gzip", Self.body, false, 415,
                    "unsupported_encoding"
                ),
            ]
            for (headers, body, ends, status, code) in cases {
                let peer = try await RawPeer(bed.http)
                try await peer.send("POST /v1/completions HTTP/1.1\r\nHost: x\r\n\(headers)\r\n\r\n\(body)")
                if ends { try await peer.endSending() }
                #expect(try await peer.read())
                #expect(peer.head.first?.hasPrefix("http/1.1 \(status) ") == true, "\(peer.text)")
                #expect(peer.body.contains("\"\(code)\""), "\(peer.text)")
            }
            #expect(try await bed.http.post("/v1/completions", Self.body).status == 200)
            #expect(warnings.all == [])
        }
    }

    @Test(arguments: [false, true]) func leavingIsNoWarning(_ streams: Bool) async throws {
        let warnings = Warnings()
        var settings = Bed.settings
        settings.logger = warnings.logger
        try await with(try await Bed(settings, slots: 1, context: 1 << 20, passSeconds: Bed.hold)) { bed in
            let body = "{\"prompt\": \"x\", \"max_tokens\": 60000, \"stream\": \(streams)}"
            // It may leave by a word, or without one.
            for closes in [false, true] {
                let peer = try await RawPeer(bed.http)
                try await peer.post("/v1/completions", body)
                try await eventually { try await bed.client.describe().load.sequences >= 1 }
                if closes { await peer.close() } else { try await peer.endSending() }
                try await bed.client.waitUntilFree()
                if !closes, !streams {
                    try await peer.read { $0.hasSuffix("}") }
                    #expect(peer.body.contains("\"client_closed\""))
                }
                await peer.close()
            }
            #expect(try await bed.http.post("/v1/completions", Self.body).status == 200)
            #expect(warnings.all == [])
        }
    }

    @Test func aTimeThatTheClientSetIsNoWarning() async throws {
        let warnings = Warnings()
        var settings = Bed.settings
        settings.logger = warnings.logger
        try await with(try await Bed(settings, context: 1 << 20, passSeconds: Bed.hold)) { bed in
            let body = #"{"prompt": "x", "max_tokens": 60000, "foretoken": {"timeout": 0.1}}"#
            let answer = try await bed.http.post("/v1/completions", body)
            #expect(answer.status == 504)
            #expect(warnings.all == [])
        }
    }

    @Test func aStreamThatWaitsSaysSo() async throws {
        var settings = Bed.settings
        (settings.statusPatience, settings.commentInterval) = (.milliseconds(50), .milliseconds(50))
        try await with(try await Bed(settings, slots: 1, context: 1 << 20, passSeconds: Bed.hold)) { bed in
            let first = try await RawPeer(bed.http)
            try await first.post("/v1/completions", #"{"prompt": "x", "max_tokens": 60000, "stream": true}"#)
            try await first.read { $0.contains("data: ") }
            let second = try await RawPeer(bed.http)
            try await second.post("/v1/completions", Self.streamed)
            try await second.read { $0.components(separatedBy: ": waiting\n\n").count > 3 }
            #expect(second.head.first == "http/1.1 200 ok")
            #expect(!second.body.contains("data: "))
            await first.close()
            try await second.read { $0.contains("data: [DONE]\n\n") }
            await second.close()
        }
    }

    @Test func whichPromptIsTooLongIsSaid() async throws {
        try await with(try await Bed(context: 64)) { bed in
            let long = String(repeating: "x", count: 100)
            for streams in [false, true] {
                let body = "{\"prompt\": [\"x\", \"\(long)\", \"y\"], \"n\": 2, \"stream\": \(streams)}"
                let answer = try await bed.http.post("/v1/completions", body)
                #expect(answer.status == 400)
                #expect(try answer.error()["param"] as? String == "prompt[1]")
                #expect(try answer.error()["code"] as? String == "context_length_exceeded")
                #expect((try answer.error()["message"] as? String)?.hasPrefix("'prompt[1]': ") == true)
            }
        }
    }
}
