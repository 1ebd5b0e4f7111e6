import Foretoken
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1
import Synchronization

/// Answers requests with texts of a coordinator.
final class Responder: Sendable {
    let client: ForetokenClient
    let settings: GatewaySettings
    let gate: Gate
    /// Models that targets have, and when they told.
    private let models = Mutex<(served: [ServedModel], readAt: Double)>(([], -.infinity))
    /// Seconds in which a target that serves another model may go unnoticed.
    private static let modelsAge = 5.0
    private let startedAt = Int(Date().timeIntervalSince1970)

    init(client: ForetokenClient, settings: GatewaySettings) {
        self.client = client
        self.settings = settings
        self.gate = Gate(
            Admission(mostTexts: settings.mostTexts, perMinute: settings.requestsPerMinute), keys: settings.keys)
    }

    /// Goes on with other keys and limits.
    func change(to settings: GatewaySettings) {
        self.gate.change(
            keys: settings.keys, mostTexts: settings.mostTexts, perMinute: settings.requestsPerMinute)
    }

    /// Takes no new texts, and waits until those that are being written are whole, but not for longer than `grace`.
    func drain(for grace: Duration) async { await self.gate.drain(for: grace) }

    /// In seconds, of a clock that never goes back.
    private static var now: Double { Double(DispatchTime.now().uptimeNanoseconds) * 1e-9 }

    // MARK: Texts

    func complete(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let body = try await self.body(of: request, context)
        let decoded = try BodyDecoder.decode(CompletionBody.self, from: body)
        return try await self.answer(try TextRequest(decoded, seed: Self.anySeed), body, request, context)
    }

    func chat(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let body = try await self.body(of: request, context)
        let decoded = try BodyDecoder.decode(ChatBody.self, from: body)
        return try await self.answer(try TextRequest(decoded, seed: Self.anySeed), body, request, context)
    }

    /// Small enough for every JSON reader's numbers.
    private static var anySeed: UInt64 { .random(in: 0..<1 << 31) }

    private func body(of request: Request, _ context: GatewayContext) async throws -> Data {
        try self.gate.arrive(context.client, now: Self.now)
        // A refused body may never end, or never come: the connection has no next request.
        func refusal(_ status: Int, _ message: String, _ code: String) -> OpenAIError {
            var error = OpenAIError(status, .invalidRequest, message, code: code)
            error.closes = true
            return error
        }
        let limit = self.settings.bodyLimit
        let tooLarge = refusal(413, "the body is larger than \(limit) bytes", "body_too_large")
        if let coding = request.headers[.contentEncoding], coding.lowercased() != "identity" {
            throw refusal(
                415, "the body is sent with Content-Encoding '\(coding.prefix(100))'; send it as it is",
                "unsupported_encoding")
        }
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit { throw tooLarge }
        context.channel.triggerUserOutboundEvent(ConnectionHandler.BodyWanted(), promise: nil)
        do {
            return Data(try await self.collect(request.body, context).readableBytesView)
        } catch is NIOTooManyBytesError {
            throw tooLarge
        } catch HTTPParserError.invalidEOFState {
            throw refusal(400, "the body ended before it was whole", "incomplete_body")
        } catch let error as HTTPParserError {
            throw refusal(400, "the body is broken: \(error)", "broken_body")
        } catch let error where error is IOError || error is ChannelError {
            throw OpenAIError.clientLeft
        }
    }

    private func collect(_ body: RequestBody, _ context: GatewayContext) async throws -> ByteBuffer {
        let (limit, timeout) = (self.settings.bodyLimit, self.settings.bodyTimeout)
        return try await withThrowingTaskGroup(of: ByteBuffer?.self) { group in
            group.addTask { try await body.collect(upTo: limit) }
            group.addTask {
                try await Task.sleep(for: timeout)
                return nil
            }
            defer { group.cancelAll() }
            if let buffer = try await group.next() ?? nil { return buffer }
            var error = OpenAIError(
                408, .invalidRequest, "the body did not come within \(timeout)", code: "request_timeout")
            error.closes = true
            throw error
        }
    }

    private func answer(
        _ request: TextRequest, _ body: Data, _ message: Request, _ context: GatewayContext
    ) async throws -> Response {
        var request = request
        request.options.requestID = context.requestID
        let model = try await self.model(request.model, asksAnew: message.headers[.lastEventID] != nil)
        let connection = try await ConnectionHandler.connection(of: context.channel)
        let position = try Self.position(of: &request, body, message, model: model, context)
        let count = request.texts.count
        try self.gate.enter(count)
        let ticks = Texts.Ticks(first: self.settings.statusPatience, interval: self.settings.commentInterval)
        let texts = Texts(
            request, client: self.client, connection: connection, ticks: request.streams ? ticks : nil
        ) {
            self.gate.leave(count)
        }
        let head = AnswerHead(
            form: request.form, id: position.answer, created: position.created, model: model.name,
            lookahead: request.options.lookahead, seed: request.options.seed, choices: request.choices)
        guard request.streams else {
            var answer = WholeAnswer(head, texts: count)
            for try await event in texts.events { answer.take(event) }
            try Task.checkCancellation()
            return try Self.json(answer.object)
        }
        let first = try await self.beginning(of: texts, request)
        let answer = StreamedAnswer(head, from: position, includesUsage: request.includesUsage)
        let includesIDs = request.includesIDs
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-cache", .accelBuffering: "no",
            ],
            body: ResponseBody { writer in
                var writer = AnswerWriter(answer, includesIDs: includesIDs, to: writer)
                try await writer.write(first, texts)
            })
    }

    /// Where the answer begins: at its own beginning, or behind what an earlier one has told.
    private static func position(
        of request: inout TextRequest, _ body: Data, _ message: Request, model: ServedModel, _ context: GatewayContext
    ) throws(OpenAIError) -> EventID {
        let id = message.headers[.lastEventID]
        let isOfUse = request.includesIDs || id != nil
        let origin =
            isOfUse ? EventID.Origin(request.form, body: body, model: model) : EventID.Origin(request: 0, model: 0)
        if let id { try request.resume(behind: id, of: origin) }
        return request.position
            ?? EventID(
                origin: origin, seed: request.options.seed, answer: request.form.idPrefix + context.ownID,
                created: Int(Date().timeIntervalSince1970),
                choices: Array(repeating: .open(.init()), count: request.prompts.count * request.choices))
    }

    /// Waits until every prompt was found good, or for a while: what goes wrong before has a status of its own.
    private func beginning(of texts: Texts, _ request: TextRequest) async throws -> [TextEvent] {
        var events: [TextEvent] = []
        var unknown = Set(request.texts.map { $0.choice / request.choices })
        var iterator = texts.events.makeAsyncIterator()
        while !unknown.isEmpty {
            guard let event = try await iterator.next() else { throw CancellationError() }
            events.append(event)
            guard let choice = event.choice else { break }
            unknown.remove(choice / request.choices)
        }
        return events
    }

    static func json(_ object: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: try object.json)))
    }

    // MARK: Models and health

    /// The model that answers.
    ///
    /// - Parameter asksAnew: whether what is known is too old, whatever its age: a text that goes on must be by the model
    ///   that is there now.
    private func model(_ wanted: String?, asksAnew: Bool) async throws -> ServedModel {
        func find(in models: [ServedModel]) -> ServedModel? {
            models.first { $0.name == wanted ?? $0.name }
        }
        let now = Self.now
        let known = self.models.withLock { $0 }
        if !asksAnew, now - known.readAt < Self.modelsAge, let model = find(in: known.served) { return model }
        var served = try await self.servedModels().map { ServedModel(name: $0.id, weights: $0.weights) }
        // A target that is away for a moment is waited for by the coordinator, who looks at the weights, too.
        if served.isEmpty, asksAnew { served = known.served }
        self.models.withLock { $0 = (served, served.isEmpty ? -.infinity : now) }
        guard !served.isEmpty else {
            throw OpenAIError(ForetokenError(.unavailable, "no target is reachable"))
        }
        guard let model = find(in: served) else {
            let names = served.map(\.name).joined(separator: ", ")
            throw OpenAIError(
                404, .invalidRequest, "the model '\((wanted ?? "").prefix(100))' is not served; \(names) is",
                parameter: "model", code: "model_not_found")
        }
        return model
    }

    private func servedModels() async throws -> [ModelObject] {
        var models: [ModelObject] = []
        for target in try await self.client.describe().targets
        where target.isReachable && !target.model.isEmpty && !models.contains(where: { $0.id == target.model }) {
            models.append(ModelObject(target, id: target.model, created: self.startedAt))
            // Names that the operator gave stand for whatever is served.
            guard self.settings.modelNames.isEmpty else {
                return self.settings.modelNames.map { ModelObject(target, id: $0, created: self.startedAt) }
            }
        }
        return models
    }

    func listModels(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try Self.json(ModelList(data: try await self.servedModels()))
    }

    func showModel(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let path = request.uri.path.dropFirst("/v1/models/".count)
        guard let id = path.removingPercentEncoding,
            let model = try await self.servedModels().first(where: { $0.id == id })
        else {
            throw OpenAIError(
                404, .invalidRequest, "the model is not served; /v1/models lists what is", parameter: "model",
                code: "model_not_found")
        }
        return try Self.json(model)
    }

    /// Whether the process lives, and is not about to end.
    func health(_ request: Request, _ context: GatewayContext) async throws -> Response {
        guard !self.gate.isClosed else { return try self.notReady("the server is shutting down", "") }
        return try Self.json(HealthObject(status: "ok"))
    }

    /// Whether a text could be written now.
    func readiness(_ request: Request, _ context: GatewayContext) async throws -> Response {
        guard !self.gate.isClosed else { return try self.notReady("the server is shutting down", "") }
        do {
            let deployment = try await self.client.describe()
            if deployment.isReady { return try Self.json(HealthObject(status: "ready")) }
            let reasons = deployment.targets
                .map { "\($0.address): \($0.isReachable ? "it is shutting down" : $0.reason)" }.joined(separator: "; ")
            return try self.notReady("no target is reachable", " (\(reasons))")
        } catch let error as ForetokenError {
            return try self.notReady("the coordinator does not answer", ": \(error.description)")
        }
    }

    /// - Parameter details: name addresses; without a key nobody is told these where there are keys.
    private func notReady(_ reason: String, _ details: String) throws -> Response {
        let reason = self.settings.keys == nil ? reason + details : reason
        return try Self.json(HealthObject(status: "not ready", reason: reason), status: .serviceUnavailable)
    }
}
