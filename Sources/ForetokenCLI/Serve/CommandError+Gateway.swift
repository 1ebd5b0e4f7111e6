import CommandSupport
import ForetokenGateway

extension CommandError {
    init(_ error: GatewayError) {
        self.init(.cannotListen, error.description)
    }
}
