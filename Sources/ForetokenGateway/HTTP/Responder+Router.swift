import HTTPTypes
import Hummingbird
import NIOCore

extension Responder {
    typealias Answering = @Sendable (Request, GatewayContext) async throws -> Response

    /// All addresses, each with the one method that it takes.
    func router(_ routes: [GatewayRoute]) -> Router<GatewayContext> {
        let router = Router(context: GatewayContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: TextTracingMiddleware())
        router.add(middleware: AllowedOriginsMiddleware(origins: self.settings.origins))
        router.add(middleware: ErrorMiddleware())
        let health = router.group()
        let open = router.group()
        open.add(middleware: CrowdMiddleware())
        let locked = router.group()
        locked.add(middleware: CrowdMiddleware())
        locked.add(middleware: OriginMiddleware(allowed: self.settings.origins))
        if self.settings.keys != nil { locked.add(middleware: KeyMiddleware(gate: self.gate)) }

        Self.add(.get, "/", to: open) { _, _ in Page().response }
        Self.add(.get, "/foretoken/v1/status", to: locked, self.status)
        for path in ["/healthz", "/health"] { Self.add(.get, path, to: health, self.health) }
        for path in ["/readyz", "/ready"] { Self.add(.get, path, to: health, self.readiness) }
        Self.add(.get, "/v1/models", to: locked, self.listModels)
        // A model's name may hold a slash.
        Self.add(.get, "/v1/models/**", to: locked, self.showModel)
        Self.add(.post, "/v1/completions", to: locked, self.complete)
        Self.add(.post, "/v1/chat/completions", to: locked, self.chat)
        for route in routes {
            Self.add(.get, route.path, to: route.needsKey ? locked : open) { _, _ in
                try await route.answer().response
            }
        }
        return router
    }

    /// Other methods are answered by what the address takes.
    static func add(
        _ method: HTTPRequest.Method, _ path: String, to router: RouterGroup<GatewayContext>,
        _ answer: @escaping Answering
    ) {
        router.on(RouterPath(path), method: method, use: answer)
        let taken: [HTTPRequest.Method] = method == .get ? [.get, .head] : [method]
        for other in [HTTPRequest.Method.get, .head, .post, .put, .patch, .delete, .options]
        where !taken.contains(other) {
            router.on(RouterPath(path), method: other) { _, _ -> Response in
                throw OpenAIError(
                    405, .invalidRequest, "\(path) takes \(method.rawValue), not \(other.rawValue)",
                    code: "method_not_allowed", allow: taken.map(\.rawValue).joined(separator: ", "))
            }
        }
    }
}

extension GatewayRoute.Answer {
    var response: Response {
        Response(
            status: .init(code: self.status), headers: [.contentType: self.contentType],
            body: ResponseBody(byteBuffer: ByteBuffer(string: self.body)))
    }
}
