import Foundation
import Hummingbird
import NIOCore

/// Sends a streamed answer as server-sent events while its texts come.
struct AnswerWriter {
    private var answer: StreamedAnswer
    private let includesIDs: Bool
    private var body: any ResponseBodyWriter
    /// Whether nothing was sent since the latest tick.
    private var isQuiet = true

    init(_ answer: StreamedAnswer, includesIDs: Bool, to body: any ResponseBodyWriter) {
        self.answer = answer
        self.includesIDs = includesIDs
        self.body = body
    }

    /// Sends everything up to the end, or an error as the last event.
    ///
    /// - Parameter first: what was taken from the texts before.
    mutating func write(_ first: [TextEvent], _ texts: Texts) async throws {
        while let object = self.answer.nextBeginning() { try await self.write(object) }
        for event in first { try await self.take(event) }
        do {
            for try await event in texts.events { try await self.take(event) }
            // A text that was cut off shall not look like a whole one.
            try Task.checkCancellation()
        } catch {
            return try await self.fail(OpenAIError(any: error))
        }
        if let object = self.answer.end() { try await self.write(object) }
        try await self.send(ServerSentEvents.done)
        try await self.body.finish(nil)
    }

    /// The status has been sent; the error stands in place of `[DONE]`.
    private mutating func fail(_ error: OpenAIError) async throws {
        var error = error
        if self.includesIDs, error.status == 503 {
            error.message += "; the same request with Last-Event-ID goes on, here or at another coordinator"
        }
        try await self.send(ServerSentEvents.event(error.json))
        try await self.body.finish(nil)
    }

    private mutating func take(_ event: TextEvent) async throws {
        if let object = self.answer.take(event) {
            try await self.write(object)
        } else if case .tick = event {
            if self.isQuiet { try await self.send(ServerSentEvents.comment) }
            self.isQuiet = true
        }
    }

    private mutating func write(_ object: AnswerObject) async throws {
        guard self.includesIDs else { return try await self.send(ServerSentEvents.event(object.json)) }
        guard let id = self.answer.position.text else {
            return try await self.send(ServerSentEvents.eventWithoutID(object.json))
        }
        try await self.send(ServerSentEvents.event(object.json, id: id))
    }

    private mutating func send(_ data: Data) async throws {
        self.isQuiet = false
        try await self.body.write(ByteBuffer(bytes: data))
    }
}
