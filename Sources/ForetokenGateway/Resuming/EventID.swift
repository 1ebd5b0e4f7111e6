import Foretoken
import Foundation

/// All that a coordinator needs to go on with a streamed answer: the `id` of an event, which a client sends back as
/// `Last-Event-ID` (WHATWG HTML, section 9.2).
///
/// Whatever a client could have asked for anyway is all that a forged one can bring about: it names tokens of the
/// client's own answer, and the target checks them.
struct EventID: Equatable, Sendable {
    /// What the answer is of.
    var origin: Origin
    /// Seed of the first choice, also where the request names none.
    var seed: UInt64
    /// The answer's own `id` and `created`.
    var answer: String
    var created: Int
    /// Times that the stream went on with another request.
    var resumptions = 0
    /// Choices, from the first, of which it was told who speaks.
    var begun = 0
    /// Whether nothing but `[DONE]` is left to be told.
    var isWhole = false
    var choices: [ChoiceProgress]

    /// Characters of an id at most. Half of what a request's head may hold.
    static let mostCharacters = 32 << 10
    static let mostAnswerBytes = 64

    /// Digests of the request and of the model that answers it, with its weights.
    struct Origin: Equatable, Sendable {
        var request: UInt64
        var model: UInt64

        init(request: UInt64, model: UInt64) {
            (self.request, self.model) = (request, model)
        }

        /// - Parameter body: JSON; the order of its members does not matter, nor do its `stream_options`.
        init(_ form: AnswerForm, body: Data, model: ServedModel) {
            var members = (try? JSONSerialization.jsonObject(with: body)) as? [String: Any] ?? [:]
            members["stream_options"] = nil
            let text = try? JSONSerialization.data(withJSONObject: members, options: .sortedKeys)
            self.request = Self.digest(Data(form.object.utf8) + (text ?? body))
            let weights = withUnsafeBytes(of: model.weights.littleEndian) { Data($0) }
            self.model = Self.digest(Data(model.name.utf8) + weights)
        }

        /// FNV-1a: keeps out mistakes, not malice.
        private static func digest(_ bytes: some Sequence<UInt8>) -> UInt64 {
            bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        }
    }
}

/// How much of one text was told.
enum ChoiceProgress: Equatable, Sendable {
    case open(Open)
    case ended(Ended)

    /// A text that is being written.
    struct Open: Equatable, Sendable {
        var tokens: [UInt32] = []
        /// Tokens by their origin; the rest are plain ones.
        var accepted = 0
        var recovered = 0
        var bonus = 0
        /// Where log-probabilities were asked for: characters of the text, and bytes behind them that begin one more.
        var offset = 0
        var held: [UInt8] = []
    }

    /// What the usage tells of a text that is over.
    struct Ended: Equatable, Sendable {
        var generatedTokens = 0
        var promptTokens = 0
        var reusedTokens = 0
    }
}

extension ChoiceProgress.Open {
    mutating func count(_ piece: Generation.Piece) {
        self.tokens.append(piece.token)
        switch piece.origin {
        case .plain: break
        case .accepted: self.accepted += 1
        case .recovered: self.recovered += 1
        case .bonus: self.bonus += 1
        }
    }
}

extension GenerationStatistics {
    /// Counts in the part of the text that an earlier request brought, as far as its tokens tell: every pass ends with
    /// a token of the target's own.
    mutating func precede(by part: ChoiceProgress.Open, resumptions: Int) {
        self.generatedTokens += part.tokens.count
        self.targetPasses += part.tokens.count - part.accepted
        self.acceptedTokens += part.accepted
        self.draftTokens += part.accepted + part.recovered
        self.judgedTokens += part.accepted + part.recovered
        self.rounds += part.recovered + part.bonus
        self.resumptions += resumptions
    }
}
