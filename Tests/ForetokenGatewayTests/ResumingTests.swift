import Foretoken
import Foundation
import NIOHTTP1
import TestSupport
import Testing

@testable import ForetokenGateway

/// Streams that go on behind the event that their client had last.
@Suite(.oneAtATime) struct ResumingTests {
    /// A request of random parameters, most of which change how a text is told.
    private struct Order: CustomStringConvertible {
        let path: String
        let json: String
        var description: String { "\(self.path) \(self.json)" }

        init(_ random: inout SeededGenerator) throws {
            func maybe<Value>(_ value: Value) -> Value? { Bool.random(using: &random) ? value : nil }
            let isChat = Bool.random(using: &random)
            let word = "word \(Int.random(in: 0..<1000, using: &random))"
            var body: [String: Any] = [
                "stream": true, "max_tokens": Int.random(in: 1...24, using: &random),
                "temperature": [0, 1, 3].randomElement(using: &random)!,
            ]
            var options = ["include_ids": true]
            options["include_usage"] = maybe(true)
            body["stream_options"] = options
            body["n"] = maybe(Int.random(in: 1...3, using: &random))
            body["seed"] = maybe(Int.random(in: -9...9, using: &random))
            body["ignore_eos"] = maybe(true)
            body["min_tokens"] = maybe(1)
            // Strings that begin often, and end seldom.
            let stops = ["w2", " w26", "é", "\n\n", " w300", "the", "日本", "1"]
            body["stop"] = maybe((0..<3).map { _ in stops.randomElement(using: &random)! })
            if isChat {
                body["messages"] = [["role": "user", "content": word]]
                body["logprobs"] = maybe(true)
            } else {
                body["prompt"] = maybe([word, "other"]) ?? word
                body["logprobs"] = maybe(2)
            }
            self.path = isChat ? "/v1/chat/completions" : "/v1/completions"
            self.json = String(decoding: try JSONSerialization.data(withJSONObject: body), as: UTF8.self)
        }
    }

    /// Wherever a stream is cut, also twice, what came before and what comes behind are together what comes without a cut.
    @Test(arguments: 0..<16) func whereverAStreamIsCut(_ seed: UInt64) async throws {
        try await with(try await Bed(slots: 8, endShare: 0.03)) { bed in
            var random = SeededGenerator(seed: seed)
            let order = try Order(&random)
            let whole = try await ResumedStream(bed.http, order.path, order.json)
            let all = ResumedStream.told(whole.events)
            for (index, event) in whole.events.enumerated() {
                let id = try #require(event.id, "\(order)")
                let rest = try await ResumedStream(bed.http, order.path, order.json, behind: id)
                let before = whole.events[...index]
                // Only their likeness is told: the events of a hundred cuts are nothing to read.
                let isSame = ResumedStream.told(before + rest.events) == all
                #expect(isSame, "\(order), cut behind \(index)")
                self.expectOneMeasure(rest, order)
                guard let again = rest.events.indices.randomElement(using: &random) else { continue }
                let next = try #require(rest.events[again].id)
                let last = try await ResumedStream(bed.http, order.path, order.json, behind: next)
                let isStillSame = ResumedStream.told(before + rest.events[...again] + last.events) == all
                #expect(isStillSame, "\(order), cut behind \(index) and \(again)")
                self.expectOneMeasure(last, order)
            }
        }
    }

    /// Tokens and passes are both of the whole text.
    private func expectOneMeasure(_ stream: ResumedStream, _ order: Order) {
        for statistics in stream.events.compactMap(\.statistics) {
            func count(_ name: String) -> Int { statistics[name] as? Int ?? -1 }
            #expect(
                count("target_passes") <= count("generated_tokens")
                    && count("target_passes") + count("accepted_tokens") >= count("generated_tokens")
                    && count("accepted_tokens") <= count("draft_tokens") && count("resumptions") >= 1,
                "\(statistics), \(order)")
        }
    }

    @Test func whoDoesNotAskForIdsGetsNone() async throws {
        try await with(try await Bed()) { bed in
            let json = #"{"prompt": "x", "max_tokens": 5, "stream": true}"#
            let stream = try await ResumedStream(bed.http, "/v1/completions", json)
            #expect(stream.events.allSatisfy { $0.id == nil })
        }
    }

    /// The seed is of no account, nor in which order members stand, nor how the stream is told.
    @Test func theSameRequestIsKnownAgain() async throws {
        try await with(try await Bed()) { bed in
            let first = try await ResumedStream(
                bed.http, "/v1/completions",
                #"{"prompt": "x", "max_tokens": 9, "stream": true, "stream_options": {"include_ids": true}}"#)
            let id = try #require(first.events[2].id)
            let rest = try await ResumedStream(
                bed.http, "/v1/completions", #"{"stream":true, "max_tokens":9, "prompt":"\u0078"}"#, behind: id)
            #expect(ResumedStream.told(first.events[...2] + rest.events) == ResumedStream.told(first.events))
        }
    }

    /// A name says nothing of the weights, and the gateway does not go by what it knew a moment ago.
    @Test func aTextDoesNotGoOnWithOtherWeights() async throws {
        try await with(try await Bed()) { bed in
            let stream = try await ResumedStream(bed.http, "/v1/completions", Self.json)
            let id = try #require(stream.events[3].id)
            let before = try await bed.client.describe().targets[0]
            try await bed.replaceTarget()
            var after = before
            try await eventually("another target is there") {
                after = try await bed.client.describe().targets[0]
                return after.isReachable && after.name != before.name
            }
            #expect(after.model == before.model && after.weightsFingerprint != before.weightsFingerprint)
            let answer = try await bed.http.send(
                .POST, "/v1/completions", Data(Self.json.utf8), headers: [("last-event-id", id)])
            #expect(answer.status == 400 && answer.text.contains("another model"), "\(answer.text)")
            // A new text is told with ids that hold.
            let anew = try await ResumedStream(bed.http, "/v1/completions", Self.json)
            let rest = try await ResumedStream(bed.http, "/v1/completions", Self.json, behind: anew.events[3].id)
            #expect(ResumedStream.told(anew.events[...3] + rest.events) == ResumedStream.told(anew.events))
        }
    }

    private static let json =
        #"{"prompt": "x", "max_tokens": 9, "seed": 1, "stream": true, "stream_options": {"include_ids": true}}"#

    @Test func idsThatCannotBeRightAreRefusedByName() async throws {
        try await with(try await Bed()) { bed in
            let stream = try await ResumedStream(bed.http, "/v1/completions", Self.json)
            let id = try #require(stream.events[3].id)
            let known = try EventID(id)
            func changed(_ change: (inout EventID) -> Void) throws -> String {
                var id = known
                change(&id)
                return try #require(id.text)
            }
            func expect(
                _ id: String, _ words: String, code: String? = "invalid_event_id", _ json: String = Self.json,
                path: String = "/v1/completions"
            ) async throws {
                let answer = try await bed.http.send(
                    .POST, path, Data(json.utf8), headers: [("last-event-id", id)])
                #expect(answer.status == 400, "\(words): \(answer.text)")
                let error = try answer.error()
                #expect(error["code"] as? String == code, "\(error)")
                #expect((error["message"] as? String)?.contains(words) == true, "\(error)")
            }

            try await expect("", "is empty")
            try await expect("!!!", "base64url")
            try await expect(id + "=", "base64url")
            try await expect(String(id.dropLast(2)), "cut off")
            try await expect(id + "AAAA", "cut off")
            try await expect(String(repeating: "A", count: EventID.mostCharacters + 1), "the most")
            // Version 2, and nothing else.
            try await expect("Ag", "version 2")
            for (json, path) in [
                (Self.json.replacingOccurrences(of: "\"x\"", with: "\"y\""), "/v1/completions"),
                (Self.json.replacingOccurrences(of: "9", with: "8"), "/v1/completions"),
                (
                    #"{"messages": [{"role": "user", "content": "x"}], "stream": true}"#, "/v1/chat/completions"
                ),
            ] {
                try await expect(id, "another request", code: "foreign_event_id", json, path: path)
            }
            try await expect(try changed { $0.seed = 2 }, "another request", code: "foreign_event_id")
            try await expect(
                try changed { $0.choices.append($0.choices[0]) }, "another request", code: "foreign_event_id")
            try await expect(try changed { $0.origin.model += 1 }, "another model", code: "foreign_event_id")
            try await expect(
                id, "stream",
                Self.json.replacingOccurrences(of: "\"stream\": true, ", with: "")
                    .replacingOccurrences(of: ", \"stream_options\": {\"include_ids\": true}", with: ""))
            try await expect(
                try changed { $0.choices = [.open(.init(tokens: [.max]))] }, "is not in the vocabulary", code: nil)
            try await expect(
                try changed { $0.choices = [.open(.init(tokens: Array(repeating: 65, count: 10)))] },
                "more tokens are committed already", code: nil)
            // None of that did any harm.
            let rest = try await ResumedStream(bed.http, "/v1/completions", Self.json, behind: id)
            #expect(ResumedStream.told(stream.events[...3] + rest.events) == ResumedStream.told(stream.events))
        }
    }

    @Test func idsNeedAStream() async throws {
        try await with(try await Bed()) { bed in
            let answer = try await bed.http.post(
                "/v1/completions", #"{"prompt": "x", "stream_options": {"include_ids": true}}"#)
            #expect(answer.status == 400)
            #expect(try answer.error()["param"] as? String == "stream_options")
        }
    }

    /// A text that is too long for an id is told to its end, and its client learns that it cannot go on elsewhere.
    @Test func idsEndWhereTheyBecomeTooLong() async throws {
        try await with(try await Bed(context: 1 << 20)) { bed in
            let json = Self.json.replacingOccurrences(of: "9", with: "40000")
            let body = try #require(json.data(using: .utf8))
            let weights = try await bed.client.describe().targets[0].weightsFingerprint
            let model = ServedModel(name: Bed.model, weights: weights)
            var id = EventID(
                origin: .init(.completion, body: body, model: model), seed: 1, answer: "cmpl-1", created: 1, choices: []
            )
            // A byte each, and four characters for three of them.
            let fitting = EventID.mostCharacters / 4 * 3 - 100
            id.choices = [.open(.init(tokens: Array(repeating: 65, count: fitting)))]
            let events = Events()
            try await bed.http.rawStream(
                "/v1/completions", json, headers: [("last-event-id", try #require(id.text))]
            ) { event in
                events.add(event)
                return events.all.count < 150
            }
            let told = try events.all.map { try ResumedStream.Event($0) }
            #expect(told.first?.id?.isEmpty == false && told.first?.comment == nil)
            let end = try #require(told.firstIndex { $0.id == "" })
            #expect(told[end...].allSatisfy { $0.id == "" && $0.comment?.contains("32768 characters") == true })
        }
    }
}
