import Foretoken
import Speculation

/// One text as it comes: gathers tokens until they complete some text.
struct ChoiceText: Sendable {
    /// What is new.
    struct Part: Sendable {
        var text = ""
        var tokens: [UInt32] = []
        var origins: [String] = []
        var logProbabilities: [LogProbability] = []
        /// Where the token of each log-probability begins in the text, in characters; one of several tokens counts with
        /// the last.
        var offsets: [Int] = []
    }

    private var part = Part()
    private var told = ChoiceProgress.Open()
    /// What an earlier request brought of it.
    private let before: ChoiceProgress.Open
    /// Requests before this one.
    private let resumptions: Int
    /// Reads the bytes of tokens as the target did that made the text of them.
    private var assembler = TextAssembler()
    private var offset = 0
    private(set) var finishReason: Generation.FinishReason?
    private(set) var statistics = GenerationStatistics()

    /// - Parameters:
    ///   - progress: what was told of it before.
    ///   - resumptions: times that it went on with another request.
    init(_ progress: ChoiceProgress = .open(.init()), resumptions: Int = 0) {
        self.resumptions = resumptions
        switch progress {
        case .open(let open):
            (self.told, self.before) = (open, open)
            self.offset = open.offset
            _ = self.assembler.append(open.held)
        case .ended(let ended):
            self.before = .init()
            self.statistics.generatedTokens = ended.generatedTokens
            self.statistics.promptTokens = ended.promptTokens
            self.statistics.reusedTokens = ended.reusedTokens
        }
    }

    /// What is told of it, once all that was taken is.
    var progress: ChoiceProgress {
        guard self.finishReason == nil else {
            return .ended(
                .init(
                    generatedTokens: self.statistics.generatedTokens, promptTokens: self.statistics.promptTokens,
                    reusedTokens: self.statistics.reusedTokens))
        }
        var open = self.told
        open.offset = self.offset
        open.held = Array(self.assembler.held)
        return .open(open)
    }

    /// - Returns: whether there is text to be told.
    mutating func take(_ piece: Generation.Piece) -> Bool {
        self.told.count(piece)
        self.part.text += piece.text
        self.part.tokens.append(piece.token)
        self.part.origins.append(piece.origin.rawValue)
        if let logProbability = piece.logProbability {
            self.part.logProbabilities.append(logProbability)
            self.part.offsets.append(self.offset)
            self.offset += self.assembler.append(logProbability.bytes).unicodeScalars.count
        }
        return !piece.text.isEmpty
    }

    mutating func finish(_ reason: Generation.FinishReason, _ statistics: GenerationStatistics) {
        self.finishReason = reason
        self.statistics = statistics
        self.statistics.precede(by: self.before, resumptions: self.resumptions)
    }

    /// What has come since it was last taken.
    mutating func takePart() -> Part {
        defer { self.part = Part() }
        return self.part
    }
}

extension ChoiceText.Part {
    func logprobs(_ form: AnswerForm) -> Nullable<LogprobsObject> {
        Nullable(
            self.logProbabilities.isEmpty
                ? nil : LogprobsObject(self.logProbabilities, form: form, offsets: self.offsets))
    }
}
