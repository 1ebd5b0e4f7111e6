import Foretoken
import Foundation
import Speculation
import TestSupport
import Testing

@testable import ForetokenGateway

/// Answers as values: events in, objects out.
@Suite struct AnswerTests {
    private static func head(_ form: AnswerForm = .completion, choices: Int = 1) -> AnswerHead {
        AnswerHead(form: form, id: "id", created: 1, model: "m", lookahead: "", seed: 3, choices: choices)
    }

    private static let beginning = EventID(
        origin: .init(request: 0, model: 0), seed: 3, answer: "id", created: 1, choices: [.open(.init())])

    private static func piece(_ text: String, _ token: UInt32, _ bytes: [UInt8]? = nil) -> Generation.Piece {
        Generation.Piece(
            token: token, text: text, origin: .accepted,
            logProbability: bytes.map { LogProbability(logProbability: -0.5, bytes: $0, top: []) })
    }

    @Test func tokensWithoutTextWaitForThoseWithSome() throws {
        var answer = StreamedAnswer(Self.head(), from: Self.beginning, includesUsage: false)
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
        let rest = answer.end()
        #expect(rest == nil)
    }

    @Test func offsetsCountCharacters() throws {
        var answer = StreamedAnswer(Self.head(), from: Self.beginning, includesUsage: false)
        _ = answer.take(.piece(Self.piece("日本", 1, Array("日本".utf8)), choice: 0))
        let taken = answer.take(.piece(Self.piece("x", 2, [0x78]), choice: 0))
        let object = try #require(taken)
        guard case .completion(let logprobs) = object.choices[0].logprobs.value else {
            Issue.record("no log-probabilities")
            return
        }
        #expect(logprobs.textOffset == [2])
    }

    private static func offsets(_ object: AnswerObject) throws -> [Int] {
        guard case .completion(let logprobs) = object.choices[0].logprobs.value else { return [] }
        return logprobs.textOffset
    }

    @Test func offsetsCountACharacterOfSeveralTokensOnce() throws {
        var answer = WholeAnswer(Self.head(), texts: 1)
        var assembler = TextAssembler()
        for bytes in [[0x78, 0xe6], [0x97], [0xa5, 0x79], [0x7a], [0xff], [0x41]] as [[UInt8]] {
            answer.take(.piece(Self.piece(assembler.append(bytes), 1, bytes), choice: 0))
        }
        #expect(answer.object.choices[0].text == "x日yz\u{FFFD}A")
        #expect(try Self.offsets(answer.object) == [0, 1, 1, 3, 4, 5])
    }

    /// Whatever tokens consist of, an answer in parts tells what a whole one does, and each token begins where the text
    /// of those before it ends.
    @Test func offsetsOfAStreamAreThoseOfTheWhole() throws {
        var random = SystemRandomNumberGenerator()
        let bytes: [UInt8] = [
            0x41, 0x7a, 0x80, 0xbf, 0xc3, 0xa9, 0xe6, 0x97, 0xa5, 0xf0, 0x9f, 0x99, 0x82, 0xf8, 0xff, 0xed,
        ]
        for _ in 0..<500 {
            var (whole, streamed) = (
                WholeAnswer(Self.head(), texts: 1),
                StreamedAnswer(Self.head(), from: Self.beginning, includesUsage: false)
            )
            var assembler = TextAssembler()
            var (parts, begins, tokens) = ([AnswerObject](), [Int](), [[UInt8]]())
            var text = ""
            for _ in 0..<12 {
                let token = (0..<Int.random(in: 0...3, using: &random)).map { _ in bytes.randomElement(using: &random)!
                }
                tokens.append(token)
                begins.append(text.unicodeScalars.count)
                let piece = Self.piece(assembler.append(token), 1, token)
                text += piece.text
                whole.take(.piece(piece, choice: 0))
                if let part = streamed.take(.piece(piece, choice: 0)) { parts.append(part) }
            }
            let rest = Self.piece(assembler.finish(), 1, [])
            text += rest.text
            for event in [TextEvent.piece(rest, choice: 0), .finished(.length, GenerationStatistics(), choice: 0)] {
                whole.take(event)
                if let part = streamed.take(event) { parts.append(part) }
            }
            let object = whole.object
            let offsets = try Self.offsets(object)
            #expect(try parts.flatMap { try Self.offsets($0) } == offsets, "\(tokens)")
            #expect(Array(offsets.prefix(begins.count)) == begins, "\(tokens)")
            #expect(parts.map { $0.choices[0].text ?? "" }.joined() == text && object.choices[0].text == text)
        }
    }

    @Test func numbersStayWithinWhatJSONWrites() throws {
        let most = Double.greatestFiniteMagnitude
        for (number, rounded) in [(most, most), (.infinity, 0), (.nan, 0), (1.23456, 1.2346)] {
            #expect(number.rounded(digits: 4) == rounded)
        }
    }

    @Test func nothingIsLeftOutThatClientsLookFor() throws {
        var answer = StreamedAnswer(Self.head(.chat), from: Self.beginning, includesUsage: true)
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
            // Alarms are for what the server failed in: a shutdown is wanted.
            #expect(error.isFailure == (error.status >= 500 && code != .cancelled))
        }
        // Errors that nobody foresaw keep what they hold to themselves.
        #expect(OpenAIError(any: CocoaError(.fileNoSuchFile)).message == "internal error")
    }
}
