import Foretoken

/// A model as `/v1/models` tells of it.
struct ModelObject: Encodable, Sendable {
    let id: String
    let object = "model"
    /// When the gateway started, in seconds since 1970.
    let created: Int
    let ownedBy = "foretoken"
    let foretoken: Details
    /// Digest of its file, which is told to nobody.
    let weights: UInt64

    struct Details: Encodable, Sendable {
        let parameters: UInt64
        let contextLength: Int
        let rounding: RoundingObject?

        private enum CodingKeys: String, CodingKey {
            case parameters, rounding
            case contextLength = "context_length"
        }
    }

    private enum CodingKeys: String, CodingKey {
        case id, object, created, foretoken
        case ownedBy = "owned_by"
    }

    init(_ target: Deployment.Member, id: String, created: Int) {
        self.id = id
        self.created = created
        self.weights = target.weightsFingerprint
        self.foretoken = Details(
            parameters: target.parameters, contextLength: target.contextLength,
            rounding: target.rounding.map { RoundingObject($0) })
    }
}

/// A model by the name that clients know it by, with the digest of its file.
struct ServedModel: Sendable {
    let name: String
    let weights: UInt64
}

struct ModelList: Encodable, Sendable {
    let object = "list"
    let data: [ModelObject]
}

struct HealthObject: Encodable, Sendable {
    let status: String
    var reason: String?
}
