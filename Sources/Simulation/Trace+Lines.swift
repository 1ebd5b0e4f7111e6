public import Foundation
internal import Speculation

/// Why a trace cannot be used.
public struct TraceError: Error, Equatable, CustomStringConvertible {
    /// From 1; 0 where no line is at fault.
    public var line: Int
    public var reason: String

    public var description: String {
        self.line > 0 ? "line \(self.line): \(self.reason)" : self.reason
    }
}

/// A trace file is JSON lines. The first is the header:
///
///     {"format":"foretoken-trace","version":2,"target":"…","draft":"…","temperature":0.8,"seed":1,"endTokens":[0],
///      "beyond":20}
///
/// Each other is a text:
///
///     {"domain":"swift","prompt":"swift.jsonl:3","promptTokens":57,"tokens":[…],"drafted":[[…],…],"beyond":{"4":[[…],…]}}
///
/// with a drafted token as an array of numbers: token, probability, entropy (nats), margin, gap (scores; -1: unknown),
/// then the probabilities of the most probable tokens, eight or none, and the runner-up, where it is known (version 1 knew
/// none). The last line is `{"texts":90}`: a file without it
/// was cut.
extension Trace {
    // MARK: Writing

    /// One line, with its end.
    public static func line(_ header: Header) -> Data { self.encode(header) }
    public static func line(_ text: Text) -> Data { self.encode(TextLine(text)) }
    public static func lastLine(texts: Int) -> Data { self.encode(LastLine(texts: texts)) }

    private static func encode(_ value: some Encodable) -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Numbers are finite, so nothing here can fail.
        var data = (try? encoder.encode(value)) ?? Data()
        data.append(UInt8(ascii: "\n"))
        return data
    }

    // MARK: Reading

    /// - Throws: with the line at fault, when this is not a trace, or one of another version, damaged, or cut.
    public init(_ data: Data) throws(TraceError) {
        var header: Header?
        var texts: [Text] = []
        var isWhole = false
        let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (line, bytes) in zip(1..., lines) where !bytes.isEmpty {
            if isWhole { throw TraceError(line: line, reason: "the trace goes on behind its end") }
            guard let known = header else {
                header = try Self.header(bytes, line: line)
                continue
            }
            if let text = try? JSONDecoder().decode(TextLine.self, from: bytes) {
                texts.append(try Self.text(text, known, line: line))
                continue
            }
            guard let last = try? JSONDecoder().decode(LastLine.self, from: bytes) else {
                throw TraceError(line: line, reason: "this is not a text of a trace: the file is damaged or cut")
            }
            guard last.texts == texts.count else {
                throw TraceError(line: line, reason: "there are \(texts.count) texts of \(last.texts)")
            }
            isWhole = true
        }
        guard let header else { throw TraceError(line: 0, reason: "the file is empty") }
        guard isWhole else { throw TraceError(line: 0, reason: "the last line is missing: the file was cut") }
        guard !texts.isEmpty else { throw TraceError(line: 0, reason: "there are no texts in it") }
        self.init(header: header, texts: texts)
    }

    private static func header(_ bytes: Data, line: Int) throws(TraceError) -> Header {
        guard let header = try? JSONDecoder().decode(Header.self, from: bytes), header.format == Header.format else {
            throw TraceError(line: line, reason: "this is not a trace; `foretoken-bench record` writes one")
        }
        guard Header.versions.contains(header.version) else {
            throw TraceError(
                line: line,
                reason: "the trace has version \(header.version), this program reads up to \(Header.version)")
        }
        return header
    }

    private static func text(_ line: TextLine, _ header: Header, line number: Int) throws(TraceError) -> Text {
        func bad(_ reason: String) -> TraceError { TraceError(line: number, reason: reason) }

        guard line.tokens.count == line.drafted.count else {
            throw bad("\(line.tokens.count) tokens, but \(line.drafted.count) guesses")
        }
        guard line.tokens.count > 1 else { throw bad("the text has fewer than two tokens") }
        var text = Text(
            domain: line.domain, prompt: line.prompt, promptTokens: line.promptTokens, tokens: line.tokens,
            drafted: [], beyond: [:])
        for (position, numbers) in line.drafted.enumerated() {
            guard let token = DraftedToken(numbers) else { throw bad("the guess at \(position) is none") }
            text.drafted.append(token)
        }
        for (key, guesses) in line.beyond {
            guard let position = Int(key), text.tokens.indices.contains(position), guesses.count <= header.beyond else {
                throw bad("guesses behind a position \"\(key)\"")
            }
            text.beyond[position] = guesses.compactMap { DraftedToken($0) }
            guard text.beyond[position]!.count == guesses.count else { throw bad("a guess behind \(key) is none") }
        }
        return text
    }
}

private struct LastLine: Codable {
    var texts: Int
}

private struct TextLine: Codable {
    var domain: String
    var prompt: String
    var promptTokens: Int
    var tokens: [Token]
    var drafted: [[Double]]
    var beyond: [String: [[Double]]]

    init(_ text: Trace.Text) {
        self.domain = text.domain
        self.prompt = text.prompt
        self.promptTokens = text.promptTokens
        self.tokens = text.tokens
        self.drafted = text.drafted.map(\.numbers)
        self.beyond = Dictionary(
            uniqueKeysWithValues: text.beyond.map { ("\($0)", $1.map(\.numbers)) })
    }
}

extension DraftedToken {
    fileprivate var numbers: [Double] {
        let gap = self.gap.isNaN ? Self.unknownGap : self.gap
        var numbers = [Double(self.token)] + [self.probability, self.entropy, self.margin, gap].map(Self.short)
        if self.top[0] > 0 { numbers += (0..<8).map { Self.short(self.top[$0]) } }
        if let runnerUp = self.runnerUp { numbers.append(Double(runnerUp)) }
        return numbers
    }

    private static let unknownGap: Float = -1

    /// Five digits behind the point, and never out of JSON's numbers.
    private static func short(_ value: Float) -> Double {
        (Double(min(max(value.isNaN ? 0 : value, -1e6), 1e6)) * 1e5).rounded() / 1e5
    }

    fileprivate init?(_ numbers: [Double]) {
        guard [5, 6, 13, 14].contains(numbers.count), let token = Token(exactly: numbers[0]),
            (0...1).contains(numbers[1]), numbers[2] >= 0, (0...1).contains(numbers[3]),
            numbers[4] >= 0 || numbers[4] == Double(Self.unknownGap)
        else { return nil }
        self.init(
            token: token, probability: Float(numbers[1]), entropy: Float(numbers[2]), margin: Float(numbers[3]),
            gap: numbers[4] < 0 ? .nan : Float(numbers[4]))
        if numbers.count % 8 == 6 {
            guard let runnerUp = Token(exactly: numbers[numbers.count - 1]) else { return nil }
            self.runnerUp = runnerUp
        }
        guard numbers.count > 12 else { return }
        for index in 5..<13 {
            guard (0...1).contains(numbers[index]) else { return nil }
            self.confidence.top[index - 5] = Float(numbers[index])
        }
    }
}
