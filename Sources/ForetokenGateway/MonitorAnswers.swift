import Foundation
import NIOHTTP1

/// What a monitor answers to a request.
struct MonitorAnswers: Sendable {
    let figures: Figures
    let standing: @Sendable () -> Monitor.Standing

    func answer(to head: HTTPRequestHead) -> GatewayRoute.Answer {
        let path = head.uri.prefix { $0 != "?" }
        let answer: GatewayRoute.Answer
        switch path {
        case "/metrics": answer = self.figures.answer
        case "/health", "/healthz": answer = self.health
        case "/ready", "/readyz": answer = self.readiness
        default: return Self.json(HealthObject(status: "not found"), status: 404)
        }
        guard head.method == .GET || head.method == .HEAD else {
            return Self.json(HealthObject(status: "only GET and HEAD are answered here"), status: 405)
        }
        return answer
    }

    private var health: GatewayRoute.Answer {
        switch self.standing() {
        case .ready, .notReady: Self.json(HealthObject(status: "ok"))
        case .draining: Self.no("the service is shutting down")
        }
    }

    private var readiness: GatewayRoute.Answer {
        switch self.standing() {
        case .ready: Self.json(HealthObject(status: "ready"))
        case .notReady(let reason): Self.no(reason)
        case .draining: Self.no("the service is shutting down")
        }
    }

    private static func no(_ reason: String) -> GatewayRoute.Answer {
        Self.json(HealthObject(status: "not ready", reason: reason), status: 503)
    }

    private static func json(_ object: HealthObject, status: Int = 200) -> GatewayRoute.Answer {
        // An object of two texts can always be written.
        let body = (try? object.json).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
        return GatewayRoute.Answer(status: status, contentType: "application/json", body: body)
    }
}
