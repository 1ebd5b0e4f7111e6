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
    /// Reads the bytes of tokens as the target did that made the text of them.
    private var assembler = TextAssembler()
    private var offset = 0
    private(set) var finishReason: Generation.FinishReason?
    private(set) var statistics = GenerationStatistics()

    /// - Returns: whether there is text to be told.
    mutating func take(_ piece: Generation.Piece) -> Bool {
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
