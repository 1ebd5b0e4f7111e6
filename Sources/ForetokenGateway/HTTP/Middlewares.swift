internal import Foretoken
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore

/// Answers every error in OpenAI's shape, and names every request: as its client does, or itself.
struct ErrorMiddleware: RouterMiddleware {
    func handle(
        _ request: Request, context: GatewayContext, next: (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        // What could not stand in a log or a header is not taken.
        if let name = request.headers[.requestID], GenerationOptions.isRequestID(name) { context.requestID = name }
        context.logger[metadataKey: "request_id"] = "\(context.requestID)"
        var response: Response
        do {
            response = try await next(request, context)
        } catch {
            let error = Self.error(error, request)
            context.logger.log(
                level: error.isFailure ? .warning : .debug, "Request failed",
                metadata: ["status": "\(error.status)", "code": "\(error.code ?? "")"])
            response = try error.response
        }
        response.headers[.requestID] = context.requestID
        return response
    }

    private static func error(_ error: any Error, _ request: Request) -> OpenAIError {
        switch error {
        case let error as HTTPError where error.status == .notFound:
            OpenAIError(
                404, .invalidRequest, "there is nothing at \(request.method.rawValue) \(request.uri.path)",
                code: "unknown_url")
        default: OpenAIError(any: error)
        }
    }
}

/// Has a span for each request for texts, where the process has a tracer; health and figures have none, nor has what
/// strangers make up. Of what clients send, a span holds the path alone: a query may be a secret, or long.
struct TextTracingMiddleware: RouterMiddleware {
    private static let paths: Set = ["/v1/completions", "/v1/chat/completions"]
    private let tracing = TracingMiddleware<GatewayContext>()

    func handle(
        _ request: Request, context: GatewayContext, next: (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        let path = request.uri.path
        guard request.method == .post, Self.paths.contains(path) else { return try await next(request, context) }
        var head = request.head
        head.path = path
        head.headerFields[.userAgent] = nil
        return try await self.tracing.handle(Request(head: head, body: request.body), context: context) {
            try await next(request, $1)
        }
    }
}

/// Lets pages of the allowed sites ask before they send, and read what they get.
struct AllowedOriginsMiddleware: RouterMiddleware {
    let origins: AllowedOrigins

    func handle(
        _ request: Request, context: GatewayContext, next: (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        if let answer = self.origins.answer(toPreflight: request) { return answer }
        var response = try await next(request, context)
        self.origins.mark(&response, for: request)
        return response
    }
}

/// Answers nothing but health on a connection that there was no other room for.
struct CrowdMiddleware: RouterMiddleware {
    func handle(
        _ request: Request, context: GatewayContext, next: (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        guard try await !ConnectionHandler.connection(of: context.channel).isForHealth else {
            var error = OpenAIError(
                503, .server, "there are more connections than the server takes", code: "too_many_connections",
                retryAfter: 1)
            error.closes = true
            throw error
        }
        return try await next(request, context)
    }
}

/// Keeps out pages of other sites that are not allowed: a browser sends a simple POST for them without asking first.
struct OriginMiddleware: RouterMiddleware {
    let allowed: AllowedOrigins

    func handle(
        _ request: Request, context: GatewayContext, next: (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        if let origin = request.headers[.origin], !Self.isOwn(origin, authority: request.head.authority),
            !self.allowed.contains(origin)
        {
            throw OpenAIError(
                403, .invalidRequest,
                "the page that asks is of '\(origin.prefix(100))', and not of this server; --http-allow-origin lets it "
                    + "in, and a reverse proxy has to pass the Host header on",
                code: "foreign_origin")
        }
        return try await next(request, context)
    }

    /// An origin is `SCHEME://AUTHORITY`, or `null`.
    private static func isOwn(_ origin: String, authority: String?) -> Bool {
        guard let authority, let scheme = origin.firstRange(of: "://") else { return false }
        return origin[scheme.upperBound...].lowercased() == authority.lowercased()
    }
}

/// Lets in who has a key.
struct KeyMiddleware: RouterMiddleware {
    let gate: Gate

    func handle(
        _ request: Request, context: GatewayContext, next: (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.client = "key \(try self.number(request.headers[.authorization]))"
        return try await next(request, context)
    }

    private func number(_ header: String?) throws(OpenAIError) -> Int {
        guard let header else {
            throw OpenAIError(
                401, .invalidRequest, "there is no API key: send it as 'Authorization: Bearer KEY'",
                code: "missing_api_key")
        }
        let words = header.split(separator: " ")
        guard words.count == 2, words[0].lowercased() == "bearer", let number = self.gate.number(ofKey: words[1]) else {
            throw OpenAIError(401, .invalidRequest, "the API key is wrong", code: "invalid_api_key")
        }
        return number
    }
}

extension OpenAIError {
    var response: Response {
        get throws {
            var headers: HTTPFields = [.contentType: "application/json"]
            if let retryAfter { headers[.retryAfter] = "\(retryAfter)" }
            if let allow { headers[.allow] = allow }
            if self.closes { headers[.connection] = "close" }
            if self.status == 401 { headers[.wwwAuthenticate] = "Bearer" }
            // 499 is nginx's, and in no registry.
            let isOfNginx = self.status == 499
            return Response(
                status: isOfNginx ? .init(code: 499, reasonPhrase: "Client Closed Request") : .init(code: self.status),
                headers: headers,
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: try self.json)))
        }
    }
}

extension HTTPField.Name {
    static let requestID = Self("x-request-id")!
    static let lastEventID = Self("last-event-id")!
    static let accelBuffering = Self("x-accel-buffering")!
}
