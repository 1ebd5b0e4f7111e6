import CForetokenProtos
import Speculation

extension Status {
    /// A longer message is cut: a status must arrive, it ends the call.
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__Status> {
        arena.make(foretoken__v1__status__init) {
            $0.code = Foretoken__V1__Code(rawValue: .init(self.code.rawValue))
            $0.message = arena.string(self.message.clipped(to: Limits.name))
        }
    }

    init(_ message: Foretoken__V1__Status) throws(WireError) {
        guard let code = Code(rawValue: UInt32(truncatingIfNeeded: message.code.rawValue)) else {
            throw .invalid("code")
        }
        self.init(code, try Field("message").text(message.message))
    }
}

extension Role {
    var message: Foretoken__V1__Role {
        switch self {
        case .client: FORETOKEN__V1__ROLE__ROLE_CLIENT
        case .coordinator: FORETOKEN__V1__ROLE__ROLE_COORDINATOR
        case .target: FORETOKEN__V1__ROLE__ROLE_TARGET
        case .draft: FORETOKEN__V1__ROLE__ROLE_DRAFT
        }
    }

    init(_ message: Foretoken__V1__Role) throws(WireError) {
        guard let role = Self.allCases.first(where: { $0.message == message }) else { throw .invalid("role") }
        self = role
    }
}

extension ModelDescription {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__ModelDescription> {
        arena.make(foretoken__v1__model_description__init) {
            $0.name = arena.string(self.name)
            $0.parameters = self.parameters
            $0.vocabulary_size = UInt32(count: self.vocabularySize)
            $0.vocabulary_fingerprint = self.vocabularyFingerprint
            $0.weights_fingerprint = self.weightsFingerprint
            $0.context_length = UInt32(count: self.contextLength)
            $0.rounding = self.rounding?.message(in: arena)
            $0.execution = self.execution?.message(in: arena)
        }
    }

    init(_ message: Foretoken__V1__ModelDescription) throws(WireError) {
        self.init(
            name: try Field("name").text(message.name),
            parameters: message.parameters,
            vocabularySize: try Field("vocabulary_size").count(message.vocabulary_size),
            vocabularyFingerprint: message.vocabulary_fingerprint,
            weightsFingerprint: message.weights_fingerprint,
            contextLength: try Field("context_length").count(message.context_length),
            rounding: try Field("rounding").optional(message.rounding, Rounding.init),
            execution: try Field("execution").optional(message.execution, Execution.init))
    }
}

extension Peer {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__Peer> {
        arena.make(foretoken__v1__peer__init) {
            $0.role = self.role.message
            $0.name = arena.string(self.name)
            $0.software = arena.string(self.software)
            $0.model = self.model?.message(in: arena)
            $0.heartbeat_milliseconds = self.heartbeatMilliseconds
            $0.address = arena.string(self.address)
            $0.slots = UInt32(count: self.slots)
        }
    }

    init(_ message: Foretoken__V1__Peer) throws(WireError) {
        self.init(
            role: try Role(message.role),
            name: try Field("name").text(message.name),
            software: try Field("software").text(message.software),
            model: try Field("model").optional(message.model, ModelDescription.init),
            heartbeatMilliseconds: try Field("heartbeat_milliseconds").check(message.heartbeat_milliseconds) {
                Limits.heartbeat.contains($0)
            },
            address: try Field("address").text(message.address),
            slots: try Field("slots").count(message.slots))
    }
}

extension Hello {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__Hello> {
        arena.make(foretoken__v1__hello__init) {
            $0.protocol_version = self.protocolVersion
            $0.peer = self.peer.message(in: arena)
        }
    }

    init(_ message: Foretoken__V1__Hello) throws(WireError) {
        self.init(
            protocolVersion: message.protocol_version, peer: try Field("peer").message(message.peer, Peer.init))
    }
}

extension Welcome {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__Welcome> {
        arena.make(foretoken__v1__welcome__init) {
            $0.protocol_version = self.protocolVersion
            $0.peer = self.peer.message(in: arena)
        }
    }

    init(_ message: Foretoken__V1__Welcome) throws(WireError) {
        self.init(
            protocolVersion: message.protocol_version, peer: try Field("peer").message(message.peer, Peer.init))
    }
}
