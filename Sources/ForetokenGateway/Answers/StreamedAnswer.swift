import Foretoken

/// An answer that is given part by part. A value; gets events, and tells the objects to be sent.
struct StreamedAnswer: Sendable {
    private let head: AnswerHead
    private var texts: [ChoiceText]
    private let includesUsage: Bool
    /// What is told with the objects so far.
    private(set) var position: EventID

    /// - Parameter position: what was told before, as by an earlier request.
    init(_ head: AnswerHead, from position: EventID, includesUsage: Bool) {
        self.head = head
        self.position = position
        self.texts = position.choices.map { ChoiceText($0, resumptions: position.resumptions) }
        self.includesUsage = includesUsage
    }

    /// One of what comes before all text: in a chat, who speaks; `nil` once all are told.
    mutating func nextBeginning() -> AnswerObject? {
        guard self.head.form == .chat, self.position.begun < self.texts.count else { return nil }
        let index = self.position.begun
        self.position.begun += 1
        var object = self.part
        object.choices = [
            ChoiceObject(
                index: index, delta: MessageObject(role: "assistant", content: ""), logprobs: Nullable(nil),
                finishReason: Nullable(nil))
        ]
        return object
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
    mutating func end() -> AnswerObject? {
        guard self.includesUsage, !self.position.isWhole else { return nil }
        self.position.isWhole = true
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
        self.position.choices[choice] = self.texts[choice].progress
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
