import Foretoken

/// An answer that is given part by part. A value; gets events, and tells the objects to be sent.
struct StreamedAnswer: Sendable {
    private let head: AnswerHead
    private var texts: [ChoiceText]
    private let includesUsage: Bool

    init(_ head: AnswerHead, texts: Int, includesUsage: Bool) {
        self.head = head
        self.texts = Array(repeating: ChoiceText(), count: texts)
        self.includesUsage = includesUsage
    }

    /// What comes before all text: in a chat, who speaks.
    var beginning: [AnswerObject] {
        guard self.head.form == .chat else { return [] }
        return self.texts.indices.map { index in
            var object = self.part
            object.choices = [
                ChoiceObject(
                    index: index, delta: MessageObject(role: "assistant", content: ""), logprobs: Nullable(nil),
                    finishReason: Nullable(nil))
            ]
            return object
        }
    }

    mutating func take(_ event: TextEvent) -> AnswerObject? {
        switch event {
        case .piece(let piece, let choice):
            return self.texts[choice].take(piece) ? self.news(of: choice) : nil
        case .finished(let reason, let statistics, let choice):
            self.texts[choice].finish(reason, statistics)
            return self.news(of: choice)
        case .tick:
            return nil
        }
    }

    /// What comes behind all text: the usage, where it was asked for.
    var end: AnswerObject? {
        guard self.includesUsage else { return nil }
        var object = self.part
        object.usage = Nullable(UsageObject(self.texts.map(\.statistics), choices: self.head.choices))
        return object
    }

    private var part: AnswerObject {
        var object = AnswerObject(self.head, object: self.head.form.partObject)
        if self.includesUsage { object.usage = Nullable(nil) }
        return object
    }

    private mutating func news(of choice: Int) -> AnswerObject {
        let part = self.texts[choice].takePart()
        let reason = self.texts[choice].finishReason
        var object = self.part
        let isChat = self.head.form == .chat
        object.choices = [
            ChoiceObject(
                index: choice, text: isChat ? nil : part.text,
                delta: isChat ? MessageObject(content: part.text.isEmpty ? nil : part.text) : nil,
                logprobs: part.logprobs(self.head.form), finishReason: Nullable(reason?.rawValue))
        ]
        let seed = self.head.seed &+ UInt64(choice % self.head.choices)
        var own = reason == nil ? OwnObject() : OwnObject(end: self.head, seed: seed, self.texts[choice].statistics)
        (own.tokens, own.origins) = (part.tokens, part.origins)
        object.foretoken = own
        return object
    }
}
