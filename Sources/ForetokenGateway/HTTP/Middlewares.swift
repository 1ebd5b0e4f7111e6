internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore

/// Answers every error in OpenAI's shape, and names every request.
struct ErrorMiddleware: RouterMiddleware {
    func handle(
        _ request: Request, context: GatewayContext, next: (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            response = try await next(request, context)
        } catch {
            let error = Self.error(error, request)
            if error.status >= 500 {
                context.logger.warning(
                    "Request failed", metadata: ["status": "\(error.status)", "code": "\(error.code ?? "")"])
            }
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

/// Keeps out pages of other sites: a browser sends a simple POST for them without asking first.
struct OriginMiddleware: RouterMiddleware {
    func handle(
        _ request: Request, context: GatewayContext, next: (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        if let origin = request.headers[.origin], !Self.isOwn(origin, authority: request.head.authority) {
            throw OpenAIError(
                403, .invalidRequest,
                "the page that asks is of '\(origin.prefix(100))', and not of this server; a reverse proxy has to pass "
                    + "the Host header on",
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
    let keys: APIKeys

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
        guard words.count == 2, words[0].lowercased() == "bearer", let number = self.keys.number(of: words[1]) else {
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
            if self.status == 401 { headers[.wwwAuthenticate] = "Bearer" }
            return Response(
                status: .init(code: self.status), headers: headers,
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: try self.json)))
        }
    }
}

extension HTTPField.Name {
    static let requestID = Self("x-request-id")!
    static let accelBuffering = Self("x-accel-buffering")!
}
