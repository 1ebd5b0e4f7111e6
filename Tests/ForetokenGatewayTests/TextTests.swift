import Foretoken
import ForetokenGateway
import Foundation
import TestSupport
import Testing

/// Texts over HTTP are those of the SDK, in OpenAI's shapes.
@Suite(.oneAtATime) struct TextTests {
    private func completion(_ bed: Bed, _ options: GenerationOptions, _ prompt: Prompt = "prompt") async throws
        -> Completion
    {
        try await bed.client.complete(prompt, options: options)
    }

    @Test func completionIsTheSDKsText() async throws {
        try await with(try await Bed()) { bed in
            let expected = try await self.completion(
                bed, GenerationOptions(maxTokens: 40, temperature: 0.8, seed: 5, logProbabilities: 2))
            var object: [String: Any] = [:]
            // On a busy machine a text may be over before the draft's first block is there.
            try await eventually("a text is drafted") {
                let answer = try await bed.http.post(
                    "/v1/completions",
                    """
                    {"model": "synthetic", "prompt": "prompt", "max_tokens": 40, "temperature": 0.8, "seed": 5,
                     "logprobs": 2, "foretoken": {"lookahead": "sync:fixed:4"}, "user": "me", "echo": false}
                    """)
                try #require(answer.status == 200, "\(answer.text)")
                object = try answer.object()
                let statistics = (object["foretoken"] as? [String: Any])?["statistics"] as? [String: Any]
                return statistics?["accepted_tokens"] as? Int ?? 0 > 0
            }
            #expect(object["object"] as? String == "text_completion")
            #expect(object["model"] as? String == Bed.model)
            let choice = try #require((object["choices"] as? [[String: Any]])?.first)
            #expect(choice["text"] as? String == expected.text)
            #expect(choice["finish_reason"] as? String == "length")
            let logprobs = try #require(choice["logprobs"] as? [String: Any])
            let values = try #require(logprobs["token_logprobs"] as? [Double])
            #expect(values.count == 40)
            for (value, own) in zip(values, expected.logProbabilities ?? []) {
                #expect(abs(value - Double(own.logProbability)) < 1e-3)
            }
            #expect((logprobs["top_logprobs"] as? [[String: Double]])?.allSatisfy { $0.count <= 2 } == true)
            #expect((logprobs["text_offset"] as? [Int])?.first == 0)
            let usage = try #require(object["usage"] as? [String: Any])
            #expect(usage["prompt_tokens"] as? Int == 6)
            #expect(usage["completion_tokens"] as? Int == 40)
            #expect(usage["total_tokens"] as? Int == 46)
            let own = try #require(object["foretoken"] as? [String: Any])
            #expect(own["lookahead"] as? String == "sync:fixed:4")
            #expect(own["seed"] as? Int == 5)
            let statistics = try #require(own["statistics"] as? [String: Any])
            #expect(statistics["generated_tokens"] as? Int == 40)
        }
    }

    @Test func streamedCompletionIsTheSame() async throws {
        try await with(try await Bed()) { bed in
            let expected = try await self.completion(bed, GenerationOptions(maxTokens: 60, seed: 1))
            func stream() async throws -> [[String: Any]] {
                try ForetokenGatewayTests.objects(
                    of: try await bed.http.events(
                        "/v1/completions",
                        """
                        {"prompt": "prompt", "max_tokens": 60, "temperature": 0, "stream": true, "logprobs": 0,
                         "stream_options": {"include_usage": true}, "foretoken": {"lookahead": "sync:fixed:4"}}
                        """))
            }
            func isDrafted(_ objects: [[String: Any]]) -> Bool {
                objects.contains {
                    (($0["foretoken"] as? [String: Any])?["origins"] as? [String])?.contains("accepted") == true
                }
            }
            var objects: [[String: Any]] = []
            // On a busy machine a text may be over before the draft's first block is there.
            try await eventually("a text is drafted") {
                objects = try await stream()
                return isDrafted(objects)
            }
            let choices = objects.flatMap { $0["choices"] as? [[String: Any]] ?? [] }
            #expect(choices.compactMap { $0["text"] as? String }.joined() == expected.text)
            #expect(choices.dropLast().allSatisfy { $0["finish_reason"] is NSNull })
            #expect(choices.last?["finish_reason"] as? String == "length")
            let own = objects.compactMap { $0["foretoken"] as? [String: Any] }
            #expect(own.flatMap { $0["tokens"] as? [Int] ?? [] } == expected.tokens.map { Int($0) })
            let origins = own.flatMap { $0["origins"] as? [String] ?? [] }
            #expect(origins.count == 60)
            #expect(origins.contains("accepted"))
            #expect(own.last?["statistics"] is [String: Any])
            // The usage comes in a part of its own, and is null before.
            #expect(objects.dropLast().allSatisfy { $0["usage"] is NSNull })
            #expect((objects.last?["choices"] as? [Any])?.isEmpty == true)
            #expect((objects.last?["usage"] as? [String: Any])?["completion_tokens"] as? Int == 60)
            // Offsets go on from part to part.
            let offsets = choices.compactMap { ($0["logprobs"] as? [String: Any])?["text_offset"] as? [Int] }
            #expect(offsets.map { $0.first ?? 0 } == offsets.map { $0.first ?? 0 }.sorted())
        }
    }

    @Test func withoutAskingThereIsNoUsageInAStream() async throws {
        try await with(try await Bed()) { bed in
            let events = try await bed.http.events(
                "/v1/completions", #"{"prompt": "prompt", "max_tokens": 4, "stream": true}"#)
            #expect(try objects(of: events).allSatisfy { $0["usage"] == nil })
        }
    }

    @Test func chatIsTheSDKsText() async throws {
        try await with(try await Bed()) { bed in
            let chat = Prompt.chat([.system("Be short."), .user("Hello"), .assistant("Hi"), .user("Again")])
            let expected = try await self.completion(bed, GenerationOptions(maxTokens: 30), chat)
            let body = """
                {"messages": [{"role": "developer", "content": "Be short."}, {"role": "user", "content": "Hello"},
                 {"role": "assistant", "content": "Hi"},
                 {"role": "user", "content": [{"type": "text", "text": "Aga"}, {"type": "text", "text": "in"}]}],
                 "max_completion_tokens": 30, "temperature": 0, "logprobs": true, "top_logprobs": 3, "tools": null,
                 "response_format": {"type": "text"}, "metadata": {"a": "b"}, "stream": STREAM}
                """
            let answer = try await bed.http.post(
                "/v1/chat/completions", body.replacingOccurrences(of: "STREAM", with: "false"))
            #expect(answer.status == 200, "\(answer.text)")
            #expect(try answer.object()["object"] as? String == "chat.completion")
            let choice = try #require(try answer.choices().first)
            let message = try #require(choice["message"] as? [String: Any])
            #expect(message["role"] as? String == "assistant")
            #expect(message["content"] as? String == expected.text)
            let content = try #require((choice["logprobs"] as? [String: Any])?["content"] as? [[String: Any]])
            #expect(content.count == expected.tokens.count)
            #expect(content.allSatisfy { ($0["top_logprobs"] as? [Any])?.count == 3 })

            let streamed = try objects(
                of: try await bed.http.events(
                    "/v1/chat/completions", body.replacingOccurrences(of: "STREAM", with: "true")))
            #expect(streamed.allSatisfy { $0["object"] as? String == "chat.completion.chunk" })
            let deltas = streamed.compactMap {
                ($0["choices"] as? [[String: Any]])?.first?["delta"] as? [String: Any]
            }
            #expect(deltas.first?["role"] as? String == "assistant")
            #expect(deltas.compactMap { $0["content"] as? String }.joined() == expected.text)
        }
    }

    @Test func severalPromptsAndChoicesHaveSeedsOfTheirOwn() async throws {
        try await with(try await Bed()) { bed in
            var expected: [String] = []
            for prompt in ["one", "two"] {
                for seed in [7, 8] as [UInt64] {
                    let options = GenerationOptions(maxTokens: 20, temperature: 1, seed: seed)
                    expected.append(try await bed.client.complete(prompt, options: options).text)
                }
            }
            let body = """
                {"prompt": ["one", "two"], "n": 2, "best_of": 1, "seed": 7, "max_tokens": 20, "stream": STREAM,
                 "temperature": 1}
                """
            let answer = try await bed.http.post(
                "/v1/completions", body.replacingOccurrences(of: "STREAM", with: "false"))
            #expect(try answer.choices().map { $0["text"] as? String } == expected)
            #expect((try answer.object()["usage"] as? [String: Any])?["prompt_tokens"] as? Int == 6)

            var texts = ["", "", "", ""]
            let events = try await bed.http.events(
                "/v1/completions", body.replacingOccurrences(of: "STREAM", with: "true"))
            for object in try objects(of: events) {
                let choice = try #require((object["choices"] as? [[String: Any]])?.first)
                texts[try #require(choice["index"] as? Int)] += choice["text"] as? String ?? ""
            }
            #expect(texts == expected)
        }
    }

    @Test func tokensAreAPromptToo() async throws {
        try await with(try await Bed()) { bed in
            let tokens = Array("prompt".utf8).map { Int($0) }
            let one = try await bed.http.post(
                "/v1/completions", "{\"prompt\": \(tokens), \"max_tokens\": 8, \"temperature\": 0}")
            let text = try await self.completion(bed, GenerationOptions(maxTokens: 8)).text
            #expect(try one.choices().first?["text"] as? String == text)
            let two = try await bed.http.post(
                "/v1/completions", "{\"prompt\": [\(tokens), \(tokens)], \"max_tokens\": 8, \"temperature\": 0}")
            #expect(try two.choices().map { $0["text"] as? String } == [text, text])
        }
    }

    @Test func stopStringsEndTexts() async throws {
        try await with(try await Bed()) { bed in
            let whole = try await self.completion(bed, GenerationOptions(maxTokens: 60)).text
            // Bytes that are no characters are in no stop string.
            let stop = String(try #require(whole.dropFirst(whole.count / 2).first { $0.isASCII && $0 > " " }))
            let expected = try await self.completion(bed, GenerationOptions(maxTokens: 60, stop: [stop]))
            let json = String(decoding: try JSONEncoder().encode(stop), as: UTF8.self)
            for value in [json, "[\(json), \"never in it\"]"] {
                let answer = try await bed.http.post(
                    "/v1/completions",
                    "{\"prompt\": \"prompt\", \"max_tokens\": 60, \"temperature\": 0, \"stop\": \(value)}")
                #expect(try answer.choices().first?["text"] as? String == expected.text)
                #expect(try answer.choices().first?["finish_reason"] as? String == "stop")
            }
        }
    }

    @Test func withoutASeedTextsDifferAndTellTheirs() async throws {
        try await with(try await Bed()) { bed in
            let body = #"{"prompt": "prompt", "max_tokens": 30}"#
            let one = try await bed.http.post("/v1/completions", body)
            let two = try await bed.http.post("/v1/completions", body)
            let text = try one.choices().first?["text"] as? String
            #expect(text != (try two.choices().first?["text"] as? String))
            let seed = try #require((try one.object()["foretoken"] as? [String: Any])?["seed"] as? Int)
            let again = try await bed.http.post(
                "/v1/completions", "{\"prompt\": \"prompt\", \"max_tokens\": 30, \"seed\": \(seed)}")
            #expect(try again.choices().first?["text"] as? String == text)
        }
    }

    /// Texts of a length that load tests ask for, as vLLM's clients do.
    @Test func textsAreAsLongAsTheyShall() async throws {
        try await with(try await Bed(endShare: 0.1)) { bed in
            let counts = #"{"prompt": "prompt", "temperature": 0, "max_tokens": 90 MORE}"#
            func answer(_ more: String) async throws -> (count: Int?, reason: String?) {
                let answer = try await bed.http.post(
                    "/v1/completions", counts.replacingOccurrences(of: "MORE", with: more))
                let usage = try answer.object()["usage"] as? [String: Any]
                return (usage?["completion_tokens"] as? Int, try answer.choices().first?["finish_reason"] as? String)
            }

            let own = try await answer("")
            #expect(own.reason == "stop" && own.count ?? 90 < 90)
            #expect(try await answer(#", "ignore_eos": true"#) == (90, "length"))
            #expect(try await answer(#", "min_tokens": 90"#) == (90, "length"))
            let least = try await answer(#", "min_tokens": 60"#)
            #expect(least.count ?? 0 > 60)
            #expect(try await answer(#", "min_tokens": null, "ignore_eos": false"#) == own)
        }
    }

    @Test func minusOneIsNoLimit() async throws {
        try await with(try await Bed(context: 100)) { bed in
            for body in [
                #"{"prompt": "prompt", "max_tokens": -1, "top_k": -1}"#,
                #"{"prompt": "prompt", "max_tokens": -1, "foretoken": {"top_k": 0}}"#,
            ] {
                let answer = try await bed.http.post("/v1/completions", body)
                #expect((try answer.object()["usage"] as? [String: Any])?["completion_tokens"] as? Int == 94)
            }
            // At the top or under our own name, a cut cuts.
            let greedy = try await self.completion(bed, GenerationOptions(maxTokens: 9)).text
            for cut in [#""top_k": 1"#, #""min_p": 1"#, #""foretoken": {"top_k": 1}"#, #""foretoken": {"min_p": 1}"#] {
                let answer = try await bed.http.post(
                    "/v1/completions", "{\"prompt\": \"prompt\", \"max_tokens\": 9, \"temperature\": 1, \(cut)}")
                #expect(try answer.choices().first?["text"] as? String == greedy, "\(cut)")
            }
        }
    }

    /// What asks for nothing is taken wherever it stands; what asks for something that is not carried out is refused.
    @Test func whatAsksForNothingIsTaken() async throws {
        try await with(try await Bed()) { bed in
            let nothing: [String: [String]] = [
                "logit_bias": ["{}"], "presence_penalty": ["0", "0.0"], "repetition_penalty": ["1", "1.0"],
                "best_of": ["1"], "stop": ["[]"], "stop_token_ids": ["[]"], "tools": ["[]"],
                "tool_choice": [#""auto""#],
                "response_format": [#"{"type": "text"}"#, "{}"], "reasoning_effort": [#""none""#, #""medium""#],
                "verbosity": [#""medium""#], "stream_options": ["{}", #"{"include_usage": false}"#, #"{"x": null}"#],
                "top_logprobs": ["0"], "logprobs": ["false"], "foretoken": ["{}", #"{"top_k": null, "x": []}"#],
                "skip_special_tokens": ["true"], "prompt": ["[]"], "unheard_of": ["{}", "[]"],
            ]
            let messages =
                #""messages": [{"role": "user", "content": "x", "refusal": null, "tool_calls": [], "audio": {}}]"#
            for (name, values) in nothing {
                for value in values + ["null"] {
                    let body = "{\(messages), \"max_tokens\": 1, \"\(name)\": \(value)}"
                    let answer = try await bed.http.post("/v1/chat/completions", body)
                    #expect(answer.status == 200, "\(name) \(value): \(answer.text)")
                }
            }
            let something = [
                "logit_bias": #"{"5": 1}"#, "presence_penalty": "0.1", "best_of": "2", "stop_token_ids": "[5]",
                "tools": "[{}]", "response_format": #"{"type": "json_object"}"#, "reasoning_effort": #""high""#,
                "unheard_of": "0", "skip_special_tokens": "false",
            ]
            for (name, value) in something {
                let answer = try await bed.http.post(
                    "/v1/chat/completions", "{\(messages), \"max_tokens\": 1, \"\(name)\": \(value)}")
                #expect(answer.status == 400)
                #expect(try answer.error()["param"] as? String == name)
            }
            let nested = [
                (#""messages": [{"role": "user", "content": "x", "tool_calls": [{}]}]"#, "messages[0].tool_calls"),
                (messages + #", "foretoken": {"speed": 1}"#, "foretoken.speed"),
                (messages + #", "stream": true, "stream_options": {"x": 1}"#, "stream_options.x"),
            ]
            for (members, name) in nested {
                let answer = try await bed.http.post("/v1/chat/completions", "{\(members)}")
                #expect(answer.status == 400)
                #expect(try answer.error()["param"] as? String == name)
            }
        }
    }

    @Test func namesOfTheOperatorStandForTheModel() async throws {
        var settings = Bed.settings
        settings.modelNames = ["gpt-4o", "mine/small"]
        try await with(try await Bed(settings)) { bed in
            let list = try await bed.http.get("/v1/models").object()["data"] as? [[String: Any]]
            #expect(list?.map { $0["id"] as? String } == settings.modelNames)
            #expect(try await bed.http.get("/v1/models/mine/small").status == 200)
            for (asked, told) in [("\"gpt-4o\"", "gpt-4o"), ("\"mine/small\"", "mine/small"), ("null", "gpt-4o")] {
                let answer = try await bed.http.post(
                    "/v1/completions", "{\"prompt\": \"x\", \"max_tokens\": 1, \"model\": \(asked)}")
                #expect(try answer.object()["model"] as? String == told)
            }
            let other = try await bed.http.post("/v1/completions", #"{"prompt": "x", "model": "synthetic"}"#)
            #expect(other.status == 404)
            #expect(other.text.contains("gpt-4o, mine/small"))
        }
    }

    @Test func aConnectionServesManyRequests() async throws {
        try await with(try await Bed()) { bed in
            let bodies = (0..<5).map { #"{"prompt": "prompt", "max_tokens": 3, "seed": \#($0), "stream": false}"# }
            let answers = try await bed.http.post("/v1/completions", each: bodies + ["{"] + bodies)
            #expect(answers.map(\.status) == [200, 200, 200, 200, 200, 400, 200, 200, 200, 200, 200])
        }
    }

    @Test func modelsAndHealthAreTold() async throws {
        let page = GatewayRoute(path: "/page", needsKey: false) { .init(contentType: "text/plain", body: "here") }
        try await with(try await Bed(routes: [page])) { bed in
            let list = try await bed.http.get("/v1/models").object()
            #expect((list["data"] as? [[String: Any]])?.map { $0["id"] as? String } == [Bed.model])
            #expect(try await bed.http.get("/v1/models/synthetic").object()["id"] as? String == Bed.model)
            #expect(try await bed.http.get("/v1/models/no%2Fmodel").status == 404)
            #expect(try await bed.http.get("/healthz").status == 200)
            #expect(try await bed.http.get("/readyz").status == 200)
            #expect(try await bed.http.get("/page").text == "here")
            await bed.stopTarget()
            try await eventually { try await bed.http.get("/readyz").status != 200 }
            let notReady = try await bed.http.get("/readyz")
            #expect(notReady.status == 503)
            #expect(notReady.text.contains("target"))
            #expect(try await bed.http.get("/healthz").status == 200)
        }
    }
}
