import Foundation
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

@testable import ForetokenGateway

/// Every bad input has an error in OpenAI's shape that names it, and harms nobody else.
@Suite(.oneAtATime) struct BadInputTests {
    private func expect(
        _ answer: HTTPPeer.Answer, _ status: Int, parameter: String? = nil, code: String? = nil, _ words: String = "",
        location: SourceLocation = #_sourceLocation
    ) throws {
        #expect(answer.status == status, "\(answer.text)", sourceLocation: location)
        let error = try answer.error()
        #expect(error["param"] as? String == parameter, "\(answer.text)", sourceLocation: location)
        if let code { #expect(error["code"] as? String == code, "\(answer.text)", sourceLocation: location) }
        #expect(error["type"] is String, sourceLocation: location)
        let message = try #require(error["message"] as? String)
        #expect(words.isEmpty || message.contains(words), "\(answer.text)", sourceLocation: location)
        #expect(answer.headers["x-request-id"] != nil, sourceLocation: location)
    }

    /// Whatever names a client makes up, an error is a line.
    @Test func errorsAreShort() throws {
        let name = String(repeating: "n", count: 100_000)
        for body in [
            #"{"prompt": "x", "\#(name)": 1}"#, #"{"prompt": "x", "\#(name)": {"\#(name)": 1e999}}"#,
            #"{"prompt": "x", "foretoken": {"\#(name)": 1}}"#, #"{"prompt": "x", "tools": {"\#(name)": 1}}"#,
        ] {
            let error = #expect(throws: OpenAIError.self) {
                try BodyDecoder.decode(CompletionBody.self, from: Data(body.utf8))
            }
            #expect(try #require(error).json.count < 2000)
        }
    }

    @Test func wrongCompletions() async throws {
        try await with(try await Bed(context: 100)) { bed in
            let cases: [(String, Int, String?, String?)] = [
                ("{", 400, nil, "invalid_json"),
                ("", 400, nil, "invalid_json"),
                ("[]", 400, nil, "invalid_type"),
                ("\"text\"", 400, nil, "invalid_type"),
                (String(repeating: "[", count: 100_000), 400, nil, "invalid_json"),
                ("{}", 400, "prompt", "missing_parameter"),
                (#"{"prompt": 5}"#, 400, "prompt", nil),
                (#"{"prompt": []}"#, 400, "prompt", nil),
                (#"{"prompt": [-1]}"#, 400, "prompt[0]", "invalid_type"),
                (#"{"prompt": "\ud800"}"#, 400, nil, "invalid_json"),
                (#"{"prompt": null}"#, 400, "prompt", "missing_parameter"),
                (#"{"prompt": ""}"#, 400, nil, nil),
                (#"{"prompt": [4000000000]}"#, 400, nil, nil),
                (#"{"prompt": "x", "max_tokens": -2}"#, 400, "max_tokens", "out_of_range"),
                (#"{"prompt": "x", "max_tokens": 0}"#, 400, "max_tokens", "out_of_range"),
                (#"{"prompt": "x", "max_tokens": 99999999999}"#, 400, "max_tokens", "out_of_range"),
                (#"{"prompt": "x", "max_tokens": 1.5}"#, 400, "max_tokens", "invalid_type"),
                (#"{"prompt": "x", "max_tokens": "many"}"#, 400, "max_tokens", "invalid_type"),
                (#"{"prompt": "x", "n": 0}"#, 400, "n", "out_of_range"),
                (#"{"prompt": ["x", "y"], "n": 100}"#, 400, "n", nil),
                (#"{"prompt": "x", "temperature": -0.1}"#, 400, "temperature", "out_of_range"),
                (#"{"prompt": "x", "temperature": "hot"}"#, 400, "temperature", "invalid_type"),
                (#"{"prompt": "x", "top_p": 1.1}"#, 400, "top_p", "out_of_range"),
                (#"{"prompt": "x", "stop": ["a", 5]}"#, 400, "stop[1]", "invalid_type"),
                (#"{"prompt": "x", "stop": ""}"#, 400, "stop", nil),
                (#"{"prompt": "x", "seed": 1e30}"#, 400, "seed", "invalid_type"),
                (#"{"prompt": "x", "logprobs": 21}"#, 400, "logprobs", "out_of_range"),
                (#"{"prompt": "x", "stream": "yes"}"#, 400, "stream", "invalid_type"),
                (#"{"prompt": "x", "stream_options": {"include_usage": true}}"#, 400, "stream_options", nil),
                (#"{"prompt": "x", "suffix": "y"}"#, 400, "suffix", "unsupported_parameter"),
                (#"{"prompt": "x", "echo": true}"#, 400, "echo", "unsupported_parameter"),
                (#"{"prompt": "x", "best_of": 2}"#, 400, "best_of", "unsupported_parameter"),
                (#"{"prompt": "x", "logit_bias": {"5": 1}}"#, 400, "logit_bias", "unsupported_parameter"),
                (#"{"prompt": "x", "presence_penalty": 0.5}"#, 400, "presence_penalty", "unsupported_parameter"),
                (#"{"prompt": "x", "max_tokens": 5, "min_tokens": 6}"#, 400, "min_tokens", "out_of_range"),
                (#"{"prompt": "x", "min_tokens": 17}"#, 400, "min_tokens", "out_of_range"),
                (#"{"prompt": "x", "min_tokens": -1}"#, 400, "min_tokens", "out_of_range"),
                (#"{"prompt": "x", "ignore_eos": 1}"#, 400, "ignore_eos", "invalid_type"),
                (#"{"prompt": "x", "top_k": -2}"#, 400, "top_k", "out_of_range"),
                (#"{"prompt": "x", "min_p": 1.5}"#, 400, "min_p", "out_of_range"),
                (#"{"prompt": "x", "lookahead": "off"}"#, 400, "lookahead", "unknown_parameter"),
                (#"{"prompt": "x", "temprature": 5}"#, 400, "temprature", "unknown_parameter"),
                (#"{"prompt": "x", "foretoken": 5}"#, 400, "foretoken", "invalid_type"),
                (#"{"prompt": "x", "foretoken": {"speed": 5}}"#, 400, "foretoken.speed", "unknown_parameter"),
                (#"{"prompt": "x", "foretoken": {"lookahead": "never"}}"#, 400, nil, nil),
                (#"{"prompt": "x", "foretoken": {"min_p": 2}}"#, 400, "foretoken.min_p", "out_of_range"),
                (#"{"prompt": "x", "foretoken": {"timeout": 0}}"#, 400, "foretoken.timeout", "out_of_range"),
                (#"{"prompt": "x", "model": "gpt-4"}"#, 404, "model", "model_not_found"),
                (#"{"prompt": "x", "model": 4}"#, 400, "model", "invalid_type"),
                ("{\"prompt\": \"\(String(repeating: "x", count: 100))\"}", 400, nil, "context_length_exceeded"),
            ]
            for (body, status, parameter, code) in cases {
                try self.expect(
                    try await bed.http.post("/v1/completions", body), status, parameter: parameter, code: code)
            }
            // Errors before the first token have a status also where a stream was asked for.
            let long = "{\"stream\": true, \"prompt\": \"\(String(repeating: "x", count: 100))\"}"
            try self.expect(
                try await bed.http.post("/v1/completions", long), 400, code: "context_length_exceeded", "100 tokens")
            try self.expect(
                try await bed.http.send(.POST, "/v1/completions", Data([0x7b, 0x22, 0xff, 0x22, 0x7d])), 400,
                code: "invalid_utf8")
            #expect(try await bed.http.post("/v1/completions", #"{"prompt": "x"}"#).status == 200)
            // A null byte is text like any other.
            #expect(try await bed.http.post("/v1/completions", #"{"prompt": "a\u0000b"}"#).status == 200)
        }
    }

    /// Why a value is broken is told, though it might have had another shape.
    @Test func reasonsAreTold() async throws {
        try await with(try await Bed()) { bed in
            let cases: [(path: String, body: String, parameter: String?, words: String)] = [
                ("completions", #"{"prompt": "a\ud800b"}"#, nil, "surrogate"),
                ("completions", "{\"prompt\": \"a\nb\"}", nil, "ontrol character"),
                ("completions", #"{"prompt": ["x", "a\ud800b"]}"#, nil, "surrogate"),
                ("completions", #"{"prompt": "x", "stop": "\ud800"}"#, nil, "surrogate"),
                ("completions", #"{"prompt": "x", "stop": ["\ud800"]}"#, nil, "surrogate"),
                ("completions", #"{"prompt": [[5, -1]]}"#, "prompt[0][1]", "-1"),
                (
                    "completions", #"{"prompt": "x", "max_completion_tokens": 2}"#, "max_completion_tokens",
                    "use max_tokens"
                ),
                ("completions", #"{"prompt": "x", "timeout": 2}"#, "timeout", "under \"foretoken\""),
                ("chat/completions", #"{"messages": [{"role": "user"}]}"#, "messages[0].content", "is missing"),
                (
                    "chat/completions", #"{"messages": [{"role": "user", "content": "\ud800"}]}"#,
                    nil, "surrogate"
                ),
                (
                    "chat/completions",
                    #"{"messages": [{"role": "user", "content": [{"type": "text", "text": "\ud800"}]}]}"#,
                    nil, "surrogate"
                ),
                (
                    "chat/completions", #"{"messages": [{"role": "user", "content": [{"type": "text"}]}]}"#,
                    "messages[0].content[0].text", "is missing"
                ),
            ]
            for (path, body, parameter, words) in cases {
                try self.expect(try await bed.http.post("/v1/\(path)", body), 400, parameter: parameter, words)
            }
        }
    }

    @Test func wrongChats() async throws {
        try await with(try await Bed()) { bed in
            let user = #"{"role": "user", "content": "x"}"#
            let cases: [(String, String?)] = [
                ("{}", "messages"),
                (#"{"messages": []}"#, "messages"),
                (#"{"messages": "x"}"#, "messages"),
                (#"{"messages": [{"content": "x"}]}"#, "messages[0].role"),
                ("{\"messages\": [\(user), {\"role\": \"user\"}]}", "messages[1].content"),
                ("{\"messages\": [\(user), {\"role\": \"user\", \"content\": 5}]}", "messages[1].content"),
                (
                    #"{"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]}"#,
                    "messages[0].content[0]"
                ),
                (#"{"messages": [{"role": "a b", "content": "x"}]}"#, nil),
                ("{\"messages\": [\(user)], \"max_completion_tokens\": -5}", "max_completion_tokens"),
                ("{\"messages\": [\(user)], \"tools\": [{}]}", "tools"),
                ("{\"messages\": [\(user)], \"response_format\": {\"type\": \"json_object\"}}", "response_format"),
                ("{\"messages\": [\(user)], \"top_logprobs\": 2}", "top_logprobs"),
                ("{\"messages\": [\(user)], \"logprobs\": 2}", "logprobs"),
                ("{\"messages\": [\(user)], \"prompt\": \"x\"}", "prompt"),
            ]
            for (body, parameter) in cases {
                try self.expect(try await bed.http.post("/v1/chat/completions", body), 400, parameter: parameter)
            }
        }
    }

    @Test func wrongAddressesAndMethods() async throws {
        try await with(try await Bed()) { bed in
            try self.expect(try await bed.http.get("/v1/nothing"), 404, code: "unknown_url", "/v1/nothing")
            let answer = try await bed.http.get("/v1/completions")
            try self.expect(answer, 405, code: "method_not_allowed")
            #expect(answer.headers["allow"] == "POST")
            try self.expect(try await bed.http.post("/v1/models", "{}"), 405)
            try self.expect(try await bed.http.send(.DELETE, "/healthz"), 405)
        }
    }

    @Test func bodiesThatAreTooLarge() async throws {
        var settings = Bed.settings
        settings.bodyLimit = 1000
        try await with(try await Bed(settings)) { bed in
            let large = Data(repeating: 0x20, count: 1_000_000)
            try self.expect(
                try await bed.http.send(.POST, "/v1/completions", large), 413, code: "body_too_large", "1000 bytes")
            // Without a length it is noticed while it comes.
            let raw = try await bed.http.connected { inbound, outbound in
                let head = HTTPRequestHead(
                    version: .http1_1, method: .POST, uri: "/v1/completions",
                    headers: ["host": "x", "transfer-encoding": "chunked"])
                try await HTTPPeer.send(head, large, outbound)
                var inbound = inbound
                while let part = try await inbound.next() { if case .head(let head) = part { return head.status.code } }
                return 0
            }
            #expect(raw == 413)
            #expect(try await bed.http.post("/v1/completions", #"{"prompt": "x"}"#).status == 200)
        }
    }

    @Test func bodiesThatDoNotCome() async throws {
        var settings = Bed.settings
        settings.bodyTimeout = .milliseconds(100)
        try await with(try await Bed(settings)) { bed in
            let answer = try await bed.http.connected { inbound, outbound in
                let head = HTTPRequestHead(
                    version: .http1_1, method: .POST, uri: "/v1/completions",
                    headers: ["host": "x", "content-length": "100"])
                try await outbound.write(.head(head))
                var (status, text) = (0, "")
                var inbound = inbound
                loop: while let part = try await inbound.next() {
                    switch part {
                    case .head(let head): status = Int(head.status.code)
                    case .body(let bytes): text += String(buffer: bytes)
                    case .end: break loop
                    }
                }
                return (status, text)
            }
            #expect(answer.0 == 408)
            #expect(answer.1.contains("request_timeout"))
            // A body that comes with its head, in one piece.
            let peer = try await RawPeer(bed.http)
            try await peer.post("/v1/completions", #"{"prompt": "x"}"#, ["Connection: close"])
            #expect(try await peer.read())
            #expect(peer.head.first == "http/1.1 200 ok", "\(peer.text)")
        }
    }

    @Test func pagesOfOtherSites() async throws {
        try await with(try await Bed()) { bed in
            let own = "\(bed.http.host):\(bed.http.port)"
            let body = Data(#"{"prompt": "x"}"#.utf8)
            for origin in ["http://elsewhere.example", "http://127.0.0.1", "null", "http://\(own)0", ""] {
                try self.expect(
                    try await bed.http.send(
                        .POST, "/v1/completions", body, headers: [("origin", origin), ("content-type", "text/plain")]),
                    403, code: "foreign_origin")
            }
            for origin in ["http://\(own)", "https://\(own)"] {
                let answer = try await bed.http.send(.POST, "/v1/completions", body, headers: [("origin", origin)])
                #expect(answer.status == 200)
            }
            let health = try await bed.http.send(.GET, "/healthz", headers: [("origin", "http://elsewhere.example")])
            #expect(health.status == 200)
        }
    }

    @Test func pagesOfAllowedSites() async throws {
        var settings = Bed.settings
        settings.keys = try APIKeys("a-key")
        settings.origins = try #require(AllowedOrigins(["https://chat.example", "http://localhost:3000"]))
        try await with(try await Bed(settings)) { bed in
            var http = bed.http
            let body = Data(#"{"prompt": "x", "max_tokens": 1}"#.utf8)
            for origin in ["https://chat.example", "http://localhost:3000", "HTTPS://Chat.Example"] {
                // A browser asks without a key.
                http.key = nil
                let asked = try await http.send(
                    .OPTIONS, "/v1/completions",
                    headers: [
                        ("origin", origin), ("access-control-request-method", "POST"),
                        ("access-control-request-headers", "authorization,content-type"),
                        ("access-control-request-private-network", "true"),
                    ])
                #expect(asked.status == 204)
                #expect(asked.headers["access-control-allow-origin"] == origin)
                #expect(asked.headers["access-control-allow-methods"]?.contains("POST") == true)
                #expect(asked.headers["access-control-allow-headers"] == "authorization,content-type")
                #expect(asked.headers["access-control-allow-private-network"] == "true")
                let unnamed = try await bed.http.send(
                    .OPTIONS, "/v1/completions",
                    headers: [("origin", origin), ("access-control-request-method", "POST")])
                #expect(unnamed.headers["access-control-allow-headers"]?.contains("last-event-id") == true)
                // It may read errors, too.
                for (key, status) in [(nil, 401), ("a-key", 200)] {
                    http.key = key
                    let answer = try await http.send(.POST, "/v1/completions", body, headers: [("origin", origin)])
                    #expect(answer.status == status)
                    #expect(answer.headers["access-control-allow-origin"] == origin)
                    #expect(answer.headers["vary"] == "Origin")
                }
            }
            for origin in ["https://chat.example.evil", "http://chat.example", "https://chat.example:444", "null"] {
                let asked = try await http.send(
                    .OPTIONS, "/v1/completions",
                    headers: [("origin", origin), ("access-control-request-method", "POST")])
                #expect(asked.status == 403)
                let answer = try await http.send(.POST, "/v1/completions", body, headers: [("origin", origin)])
                try self.expect(answer, 403, code: "foreign_origin", "--http-allow-origin")
                #expect(answer.headers["access-control-allow-origin"] == nil)
            }
        }
        settings.origins = try #require(AllowedOrigins(["*"]))
        try await with(try await Bed(settings)) { bed in
            var http = bed.http
            http.key = "a-key"
            let answer = try await http.send(.GET, "/v1/models", headers: [("origin", "https://any.example")])
            #expect(answer.status == 200)
            #expect(answer.headers["access-control-allow-origin"] == "https://any.example")
        }
        for wrong in ["", "chat.example", "https://", "https://a/b", "https://a b"] {
            #expect(AllowedOrigins([wrong]) == nil, "\(wrong)")
        }
    }

    @Test func moreTextsThanAreEverWritten() async throws {
        var settings = Bed.settings
        settings.mostTexts = 2
        try await with(try await Bed(settings)) { bed in
            try self.expect(
                try await bed.http.post("/v1/completions", #"{"prompt": "x", "n": 3}"#), 400, parameter: "n",
                code: "out_of_range")
        }
    }

    @Test func seedsAreToldAsTheyCanBeSent() async throws {
        try await with(try await Bed()) { bed in
            let body = #"{"prompt": "x", "max_tokens": 1, "seed": -5}"#
            let own = try await bed.http.post("/v1/completions", body).object()["foretoken"] as? [String: Any]
            #expect(own?["seed"] as? Int == -5)
        }
    }

    @Test func keys() async throws {
        var settings = Bed.settings
        settings.keys = try APIKeys("# ours\nfirst-key\n\n  second-key  \n")
        let page = GatewayRoute(path: "/figures", needsKey: true) { .init(contentType: "text/plain", body: "1") }
        try await with(try await Bed(settings, routes: [page])) { bed in
            var http = bed.http
            let body = #"{"prompt": "x"}"#
            let none = try await http.post("/v1/completions", body)
            try self.expect(none, 401, code: "missing_api_key")
            #expect(none.headers["www-authenticate"] == "Bearer")
            try self.expect(try await http.get("/v1/models"), 401, code: "missing_api_key")
            try self.expect(try await http.get("/figures"), 401)
            for wrong in ["first-kez", "first", "first-key2", "", "# ours", "ours"] {
                http.key = wrong
                try self.expect(try await http.post("/v1/completions", body), 401, code: "invalid_api_key")
            }
            for right in ["first-key", "second-key"] {
                http.key = right
                #expect(try await http.post("/v1/completions", body).status == 200)
                #expect(try await http.get("/figures").text == "1")
            }
            http.key = nil
            #expect(try await http.get("/healthz").status == 200)
            #expect(try await http.get("/readyz").status == 200)
        }
    }

    @Test func ratesAreOfEachKey() async throws {
        var settings = Bed.settings
        settings.keys = try APIKeys("first\nsecond")
        settings.requestsPerMinute = 2
        try await with(try await Bed(settings)) { bed in
            var http = bed.http
            http.key = "first"
            let body = #"{"prompt": "x", "max_tokens": 1}"#
            let begun = ContinuousClock.now
            #expect(try await http.post("/v1/completions", body).status == 200)
            #expect(try await http.post("/v1/completions", "{").status == 400)
            // One more each half of a minute, so that a slow machine lets more through.
            var (answer, more) = (try await http.post("/v1/completions", body), 0)
            while answer.status == 200 {
                more += 1
                try #require(more <= Int((ContinuousClock.now - begun) / .seconds(30)))
                answer = try await http.post("/v1/completions", body)
            }
            try self.expect(answer, 429, code: "rate_limit_exceeded")
            #expect((1...30).contains(answer.headers["retry-after"].flatMap { Int($0) } ?? 0))
            http.key = "second"
            #expect(try await http.post("/v1/completions", body).status == 200)
        }
    }

    @Test func deadlinesEndTexts() async throws {
        try await with(try await Bed(context: 1 << 20, passSeconds: Bed.hold)) { bed in
            func body(_ seconds: Double, streams: Bool) -> String {
                """
                {"messages": [{"role": "user", "content": "x"}], "foretoken": {"timeout": \(seconds)},
                 "stream": \(streams)}
                """
            }
            try self.expect(
                try await bed.http.post("/v1/chat/completions", body(0.2, streams: false)), 504,
                code: "deadline_exceeded")
            // A stream that has begun by then ends with an error as its last event.
            var (events, seconds) = ([String](), 0.1)
            try await eventually("a stream begins in its time") {
                seconds *= 2
                let told = Events()
                let (status, rest) = try await bed.http.stream("/v1/chat/completions", body(seconds, streams: true)) {
                    told.add($0)
                    return true
                }
                events = told.all
                #expect((status == 200 && rest.isEmpty) || (status == 504 && events.isEmpty), "\(status) \(rest)")
                return events.count > 1
            }
            #expect(events.last?.contains("deadline_exceeded") == true)
            try await bed.client.waitUntilFree()
        }
    }
}
