internal import Foundation

/// A text that is asked for.
public struct CompletionRequest: Sendable {
    public var model: String
    public var prompt: String
    /// Whether the prompt is a user's message to answer, and no text to continue.
    public var isChat: Bool
    public var maxTokens: Int
    public var temperature: Float
    public var seed: UInt64
    /// In our own extension of the protocol; `nil` leaves that out.
    public var lookahead: String?
    /// The text ends before the first of these.
    public var stop: [String] = []
    /// Whether events shall carry ids to go on from, an extension of ours.
    public var includesIDs = false

    public init(
        model: String, prompt: String, isChat: Bool, maxTokens: Int, temperature: Float, seed: UInt64,
        lookahead: String?
    ) {
        self.model = model
        self.prompt = prompt
        self.isChat = isChat
        self.maxTokens = maxTokens
        self.temperature = temperature
        self.seed = seed
        self.lookahead = lookahead
    }

    private struct Body: Encodable {
        struct Message: Encodable {
            var role = "user"
            var content: String
        }

        struct StreamOptions: Encodable {
            var includeUsage = true
            var includeIds: Bool?
        }

        struct Foretoken: Encodable {
            var lookahead: String
        }

        var model: String
        var prompt: String?
        var messages: [Message]?
        var maxTokens: Int
        var temperature: Float
        var seed: Int64
        var stop: [String]?
        var stream = true
        var streamOptions = StreamOptions()
        var foretoken: Foretoken?
    }

    var body: [UInt8] {
        let body = Body(
            model: self.model, prompt: self.isChat ? nil : self.prompt,
            messages: self.isChat ? [.init(content: self.prompt)] : nil, maxTokens: self.maxTokens,
            temperature: self.temperature,
            // Servers read it as a signed number.
            seed: Int64(self.seed & 0x7fff_ffff_ffff_ffff), stop: self.stop.isEmpty ? nil : self.stop,
            streamOptions: .init(includeIds: self.includesIDs ? true : nil),
            foretoken: self.lookahead.map { .init(lookahead: $0) })
        // Numbers are finite, and all else can be written.
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return [UInt8]((try? encoder.encode(body)) ?? Data())
    }
}

/// One event of a stream.
struct CompletionEvent: Decodable {
    struct Choice: Decodable {
        struct Delta: Decodable {
            var content: String?
            var reasoningContent: String?
            var reasoning: String?
        }

        var text: String?
        var delta: Delta?
        var finishReason: String?

        /// What a reader sees, thoughts included.
        var content: String {
            (self.text ?? "") + (self.delta?.reasoningContent ?? self.delta?.reasoning ?? "")
                + (self.delta?.content ?? "")
        }
    }

    struct Usage: Decodable {
        var completionTokens: Int?
    }

    var choices: [Choice]?
    var usage: Usage?
    var error: ServerError?
    var foretoken: ForetokenPart?

    init(_ data: [UInt8]) throws {
        self = try JSONDecoder.ofSnakeCase.decode(Self.self, from: Data(data))
    }
}

/// Our own part of an answer: the tokens of an event, and at the end counters, in it or in its `statistics`.
struct ForetokenPart: Decodable {
    struct Counters: Decodable {
        var generatedTokens: Int?
        var targetPasses: Int?
        var rounds: Int?
        var draftTokens: Int?
        var acceptedTokens: Int?
    }

    /// That the event brings.
    var tokens: [UInt32]?
    var counters: Counters

    private enum Key: CodingKey {
        case statistics, tokens
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        self.tokens = try? container.decodeIfPresent([UInt32].self, forKey: .tokens)
        let nested = try? container.decodeIfPresent(Counters.self, forKey: .statistics)
        self.counters = try nested ?? Counters(from: decoder)
    }
}

/// An error in OpenAI's shape, `{"error": {"message": ...}}`, or with a plain text in place of the object.
struct ServerError: Decodable {
    var message: String
    /// For programs; empty where the server gives none.
    var code = ""

    private enum Member: CodingKey {
        case message, code
    }

    private struct Answer: Decodable {
        var error: ServerError?
        var message: String?
    }

    init(from decoder: any Decoder) throws {
        if let text = try? decoder.singleValueContainer().decode(String.self) {
            self.message = text
        } else {
            let members = try decoder.container(keyedBy: Member.self)
            self.message = try members.decodeIfPresent(String.self, forKey: .message) ?? ""
            // Some servers' codes are numbers.
            self.code = (try? members.decodeIfPresent(String.self, forKey: .code)) ?? ""
        }
    }

    /// The server's words in the body of an answer; else the beginning of the body.
    static func words(in body: [UInt8]) -> String {
        let answer = try? JSONDecoder().decode(Answer.self, from: Data(body))
        let text = answer?.error?.message ?? answer?.message ?? String(decoding: body.prefix(160), as: UTF8.self)
        return String(text.map { $0.isNewline ? " " : $0 }.prefix(300))
    }
}

/// The answer to `GET /models`.
struct ModelList: Decodable {
    struct Model: Decodable {
        var id: String
    }

    var data: [Model]

    init(_ data: [UInt8]) throws {
        self = try JSONDecoder.ofSnakeCase.decode(Self.self, from: Data(data))
    }
}

extension JSONDecoder {
    fileprivate static var ofSnakeCase: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }
}
