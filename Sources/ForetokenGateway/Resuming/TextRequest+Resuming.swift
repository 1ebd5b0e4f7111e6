import Foretoken

extension TextRequest {
    /// Goes on behind an event of an earlier answer to the same request.
    ///
    /// - Parameters:
    ///   - id: what the client sends of it.
    ///   - origin: of this request.
    mutating func resume(behind id: String, of origin: EventID.Origin) throws(OpenAIError) {
        func refusal(_ reason: String, _ code: String) -> OpenAIError {
            OpenAIError(parameter: "Last-Event-ID", "'Last-Event-ID' \(reason)", code: code)
        }
        guard self.streams else { throw refusal("needs \"stream\": true", "invalid_event_id") }
        let position: EventID
        do {
            position = try EventID(id)
        } catch {
            throw refusal(error.description, "invalid_event_id")
        }
        guard position.origin.request == origin.request, position.choices.count == self.prompts.count * self.choices,
            !self.namesSeed || position.seed == self.options.seed
        else { throw refusal("is of another request: send the same body as before", "foreign_event_id") }
        guard position.origin.model == origin.model else {
            throw refusal("is of a text by another model than is served now: begin it anew", "foreign_event_id")
        }
        self.options.seed = position.seed
        self.position = position
        self.position?.resumptions += 1
    }
}
