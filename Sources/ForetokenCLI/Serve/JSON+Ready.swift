import CommandSupport
import ForetokenGateway
import Speculation

extension JSON {
    /// Where HTTP is served; `null` where it is not.
    static func http(_ address: HTTPAddress?) -> JSON { address.map { .string("http://\($0)") } ?? .null }

    /// What a service with a model says when it is ready.
    static func ready(
        _ service: String, at address: String, model: ModelDescription, slots: Int, metrics: HTTPAddress?
    ) -> JSON {
        .object([
            "service": .string(service), "address": .string(address), "model": .string(model.name),
            "slots": .integer(slots), "context": .integer(model.contextLength),
            "vocabulary": .integer(model.vocabularySize), "metrics": .http(metrics),
        ])
    }
}
