/// A text as it came, with the times at which its parts reached this machine.
public struct StreamedCompletion: Sendable {
    public struct Arrival: Sendable {
        public var at: ContinuousClock.Instant
        /// Tokens where the server tells those of an event, otherwise bytes.
        public var weight: Int
        /// Where the server tells them.
        public var tokens: [UInt32]
    }

    /// What a server of ours tells of speculation.
    public struct Counters: Sendable {
        public var tokens: Int
        public var targetPasses: Int
        public var rounds: Int
        public var draftTokens: Int
        public var acceptedTokens: Int
    }

    public var begun = ContinuousClock.now
    /// Arrivals of events that bring text or a token.
    public var arrivals: [Arrival] = []
    public var ended = ContinuousClock.now
    /// Number of tokens of the text, where the server tells.
    public var tokens: Int?
    public var counters: Counters?
    /// Whether the server knows our extension of the protocol.
    public var isForetoken = false
    /// Tells texts apart.
    public var textHash = 0
    /// All that came.
    public var text = ""
    /// Where the server tells them.
    public var tokenIDs: [UInt32] = []
    public var finishReason: String?
    /// Times that the stream was taken up again behind its last event.
    public var resumptions = 0
    /// Why it did not come to its end.
    public var error: OpenAIError?
}

/// Reads the events of one answer.
struct CompletionReader {
    private(set) var completion = StreamedCompletion()
    private var events = ServerSentEvents()
    /// The id of the last event that had one; empty where there is nothing to go on from.
    private(set) var lastEventID: String?
    /// Whether any event was read.
    private(set) var hasBegun = false
    /// Digest of the bytes so far, however they were cut (FNV-1a).
    private var hash: UInt64 = 0xcbf2_9ce4_8422_2325

    /// - Parameter arrived: called with each arrival, also with those before the event that is thrown for.
    mutating func take(
        _ bytes: [UInt8], at time: ContinuousClock.Instant, _ arrived: (StreamedCompletion.Arrival) -> Void = { _ in }
    ) throws(OpenAIError) {
        let events: [ServerSentEvents.Event]
        do {
            events = try self.events.feed(bytes)
        } catch {
            throw .unexpected("an event of more than \(ServerSentEvents.mostBytes >> 20) MiB")
        }
        for (name, data, id) in events.map({ ($0.name, $0.data, $0.id) }) {
            if name == "error" { throw .inStream(ServerError.words(in: data)) }
            // It ends the stream; whether the text is whole, its finish reason tells.
            if data.elementsEqual("[DONE]".utf8) { continue }
            let event: CompletionEvent
            do {
                event = try CompletionEvent(data)
            } catch {
                throw .unexpected(
                    "an event that is not a completion: \(String(decoding: data.prefix(80), as: UTF8.self))")
            }
            let arrival = try self.take(event, at: time)
            self.hasBegun = true
            if let id { self.lastEventID = id }
            if let arrival { arrived(arrival) }
        }
    }

    /// - Throws: when the text has not ended.
    mutating func end() throws(OpenAIError) {
        self.completion.textHash = Int(truncatingIfNeeded: self.hash)
        guard self.completion.finishReason != nil else { throw .endedEarly }
    }

    /// Makes ready for the rest of the text: what came of an event that was cut off is forgotten, and comes again.
    ///
    /// - Returns: `false` where text came, and no id to go on from.
    mutating func resume() -> Bool {
        guard !self.hasBegun || self.lastEventID?.isEmpty == false else { return false }
        self.events = ServerSentEvents()
        self.completion.resumptions += self.hasBegun ? 1 : 0
        return true
    }

    func completion(
        from begun: ContinuousClock.Instant, to ended: ContinuousClock.Instant, _ error: OpenAIError? = nil
    ) -> StreamedCompletion {
        var completion = self.completion
        (completion.begun, completion.ended, completion.error) = (begun, ended, error)
        return completion
    }

    private mutating func take(
        _ event: CompletionEvent, at time: ContinuousClock.Instant
    ) throws(OpenAIError) -> StreamedCompletion.Arrival? {
        if let error = event.error {
            throw error.code == "unavailable" ? .leaving(error.message) : .inStream(error.message)
        }
        if let tokens = event.usage?.completionTokens { self.completion.tokens = tokens }
        if let part = event.foretoken {
            self.completion.isForetoken = true
            if let counters = StreamedCompletion.Counters(part.counters) { self.completion.counters = counters }
        }
        guard let choice = event.choices?.first else { return nil }
        if let reason = choice.finishReason { self.completion.finishReason = reason }
        let text = choice.content
        let tokens = event.foretoken?.tokens
        self.completion.text += text
        self.completion.tokenIDs += tokens ?? []
        guard tokens.map({ !$0.isEmpty }) ?? !text.isEmpty else { return nil }
        for byte in text.utf8 { self.hash = (self.hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        let arrival = StreamedCompletion.Arrival(
            at: time, weight: tokens?.count ?? text.utf8.count, tokens: tokens ?? [])
        self.completion.arrivals.append(arrival)
        return arrival
    }
}

extension StreamedCompletion.Counters {
    init?(_ counters: ForetokenPart.Counters) {
        guard let tokens = counters.generatedTokens, let passes = counters.targetPasses else { return nil }
        self.init(
            tokens: tokens, targetPasses: passes, rounds: counters.rounds ?? 0, draftTokens: counters.draftTokens ?? 0,
            acceptedTokens: counters.acceptedTokens ?? 0)
    }
}
