import Foretoken
import Hummingbird

extension Responder {
    /// What the coordinator knows of targets and drafts.
    func status(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try Self.json(DeploymentObject(try await self.client.describe(), address: self.client.address))
    }
}
