import Foretoken
import Foundation
import TestSupport
import Testing

@testable import ForetokenGateway

/// Answers as values: events in, objects out.
@Suite struct AnswerTests {
    private static func head(_ form: AnswerForm = .completion, choices: Int = 1) -> AnswerHead {
        AnswerHead(form: form, id: "id", created: 1, model: "m", lookahead: "", seed: 3, choices: choices)
    }

    private static func piece(_ text: String, _ token: UInt32, _ bytes: [UInt8]? = nil) -> Generation.Piece {
        Generation.Piece(
            token: token, text: text, origin: .accepted,
            logProbability: bytes.map { LogProbability(logProbability: -0.5, bytes: $0, top: []) })
    }

    @Test func tokensWithoutTextWaitForThoseWithSome() throws {
        var answer = StreamedAnswer(Self.head(), texts: 1, includesUsage: false)
        #expect(answer.take(.piece(Self.piece("", 1, [0xe6]), choice: 0)) == nil)
        let taken = answer.take(.piece(Self.piece("日", 2, [0x97, 0xa5]), choice: 0))
        let object = try #require(taken)
        #expect(object.choices[0].text == "日")
        #expect(object.foretoken?.tokens == [1, 2])
        guard case .completion(let logprobs) = object.choices[0].logprobs.value else {
            Issue.record("no log-probabilities")
            return
        }
        #expect(logprobs.tokens == ["bytes:\\xe6", "bytes:\\x97\\xa5"])
        // What a stop string held back for ever comes with the end.
        #expect(answer.take(.piece(Self.piece("", 4), choice: 0)) == nil)
        let last = answer.take(.finished(.stop, GenerationStatistics(), choice: 0))
        let end = try #require(last)
        #expect(end.choices[0].text == "")
        #expect(end.choices[0].finishReason.value == "stop")
        #expect(end.foretoken?.tokens == [4])
        #expect(answer.end == nil)
    }

    @Test func offsetsCountCharacters() throws {
        var answer = StreamedAnswer(Self.head(), texts: 1, includesUsage: false)
        _ = answer.take(.piece(Self.piece("日本", 1, Array("日本".utf8)), choice: 0))
        let taken = answer.take(.piece(Self.piece("x", 2, [0x78]), choice: 0))
        let object = try #require(taken)
        guard case .completion(let logprobs) = object.choices[0].logprobs.value else {
            Issue.record("no log-probabilities")
            return
        }
        #expect(logprobs.textOffset == [2])
    }

    @Test func offsetsCountACharacterOfSeveralTokensOnce() throws {
        let tokens: [[UInt8]] = [[0x78, 0xe6], [0x97], [0xa5, 0x79], [0x7a], [0xff], [0x41]]
        let object = LogprobsObject(
            tokens.map { LogProbability(logProbability: -1, bytes: $0, top: []) }, form: .completion, offset: 10)
        guard case .completion(let logprobs) = object else {
            Issue.record("no log-probabilities")
            return
        }
        #expect(logprobs.textOffset == [10, 11, 11, 13, 14, 14])
    }

    @Test func numbersStayWithinWhatJSONWrites() throws {
        let most = Double.greatestFiniteMagnitude
        for (number, rounded) in [(most, most), (.infinity, 0), (.nan, 0), (1.23456, 1.2346)] {
            #expect(number.rounded(digits: 4) == rounded)
        }
    }

    @Test func nothingIsLeftOutThatClientsLookFor() throws {
        var answer = StreamedAnswer(Self.head(.chat), texts: 1, includesUsage: true)
        let taken = answer.take(.piece(Self.piece("x/\n\"", 1), choice: 0))
        let object = try #require(taken)
        #expect(
            String(decoding: try object.json, as: UTF8.self) == """
                {"choices":[{"delta":{"content":"x/\\n\\""},"finish_reason":null,"index":0,"logprobs":null}],\
                "created":1,"foretoken":{"origins":["accepted"],"tokens":[1]},"id":"id","model":"m",\
                "object":"chat.completion.chunk","usage":null}
                """)
        #expect(String(decoding: ServerSentEvents.event(Data("{}".utf8)), as: UTF8.self) == "data: {}\n\n")
    }

    @Test func promptsCountOnceInTheUsage() {
        var statistics = GenerationStatistics()
        (statistics.promptTokens, statistics.generatedTokens, statistics.reusedTokens) = (10, 5, 4)
        let usage = UsageObject(Array(repeating: statistics, count: 4), choices: 2)
        #expect(usage == UsageObject(promptTokens: 20, completionTokens: 20, cachedTokens: 8))
    }

    @Test func statisticsOfSeveralTextsAreSummed() {
        var one = GenerationStatistics()
        (one.generatedTokens, one.seconds, one.timeToFirstToken) = (3, 2, 0.5)
        var other = GenerationStatistics()
        (other.generatedTokens, other.seconds, other.timeToFirstToken) = (4, 1, 0.25)
        var sum = GenerationStatistics()
        sum.add(one)
        #expect(sum == one)
        sum.add(other)
        #expect(sum.generatedTokens == 7)
        #expect(sum.seconds == 2)
        #expect(sum.timeToFirstToken == 0.25)
    }

    @Test func everyCodeHasAStatus() {
        let statuses: [ForetokenError.Code: Int] = [
            .invalidArgument: 400, .outOfRange: 400, .notFound: 404, .resourceExhausted: 429, .unavailable: 503,
            .aborted: 503, .cancelled: 503, .deadlineExceeded: 504,
        ]
        for code in ForetokenError.Code.allCases {
            let error = OpenAIError(ForetokenError(code, "what"))
            #expect(error.status == statuses[code] ?? 500)
            #expect((error.retryAfter != nil) == [429, 503].contains(error.status))
        }
        // Errors that nobody foresaw keep what they hold to themselves.
        #expect(OpenAIError(any: CocoaError(.fileNoSuchFile)).message == "internal error")
    }
}
