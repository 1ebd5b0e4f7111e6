import Foretoken

/// An answer that is given once all of its texts are there. A value; gets events, and tells the object.
struct WholeAnswer: Sendable {
    private let head: AnswerHead
    private var texts: [ChoiceText]

    /// - Parameter texts: how many.
    init(_ head: AnswerHead, texts: Int) {
        self.head = head
        self.texts = Array(repeating: ChoiceText(), count: texts)
    }

    mutating func take(_ event: TextEvent) {
        switch event {
        case .piece(let piece, let choice): _ = self.texts[choice].take(piece)
        case .finished(let reason, let statistics, let choice): self.texts[choice].finish(reason, statistics)
        case .tick: break
        }
    }

    var object: AnswerObject {
        var object = AnswerObject(self.head, object: self.head.form.object)
        object.choices = self.texts.enumerated().map { index, text in
            var text = text
            let part = text.takePart()
            let isChat = self.head.form == .chat
            return ChoiceObject(
                index: index, text: isChat ? nil : part.text,
                message: isChat ? MessageObject(role: "assistant", content: part.text) : nil,
                logprobs: part.logprobs(self.head.form), finishReason: Nullable(text.finishReason?.rawValue))
        }
        object.usage = Nullable(UsageObject(self.texts.map(\.statistics), choices: self.head.choices))
        var statistics = GenerationStatistics()
        for text in self.texts { statistics.add(text.statistics) }
        object.foretoken = OwnObject(end: self.head, seed: self.head.seed, statistics)
        return object
    }
}

extension UsageObject {
    /// - Parameter choices: of each prompt, one behind the other; a prompt counts once.
    init(_ statistics: [GenerationStatistics], choices: Int) {
        for (index, one) in statistics.enumerated() {
            self.completionTokens += one.generatedTokens
            guard index % choices == 0 else { continue }
            self.promptTokens += one.promptTokens
            self.cachedTokens += one.reusedTokens
        }
    }
}

extension OwnObject {
    init(end head: AnswerHead, seed: UInt64, _ statistics: GenerationStatistics) {
        self.init(
            lookahead: Nullable(head.lookahead.isEmpty ? nil : head.lookahead), seed: Int64(bitPattern: seed),
            statistics: StatisticsObject(statistics: statistics))
    }
}
