/// A fault that begins, is over, or is made good.
public struct ChaosFault: Codable, Equatable, Sendable {
    public enum Phase: String, Codable, Sendable {
        case begin
        /// Nothing is done to the part any more; a killed one is being started.
        case end
        /// Every part is there and sees the others again.
        case whole
        /// That was waited for in vain.
        case notWhole = "not-whole"
    }

    public var number: Int
    public var kind: FaultKind
    public var part: ChaosPart
    public var phase: Phase
    public var message: String?

    public var choice: FaultChoice { FaultChoice(kind: self.kind, role: self.part.role) }

    public init(_ plan: FaultPlan, _ phase: Phase, message: String? = nil) {
        self.number = plan.number
        self.kind = plan.kind
        self.part = plan.part
        self.phase = phase
        self.message = message
    }
}

/// A process of the deployment that starts, is ready, or ends.
public struct ChaosProcess: Codable, Equatable, Sendable {
    public enum Phase: String, Codable, Sendable {
        case started, ready, ended
        /// It ended though nobody had ended it.
        case crashed
        /// It holds sequences though nobody asks for any text.
        case held
    }

    public var part: ChaosPart
    public var id: Int32
    public var phase: Phase
    /// Exit code; negative: the signal that ended it.
    public var status: Int32?

    public init(part: ChaosPart, id: Int32, phase: Phase, status: Int32? = nil) {
        self.part = part
        self.id = id
        self.phase = phase
        self.status = status
    }
}

/// What a process of the deployment holds of the system.
public struct ChaosUse: Codable, Equatable, Sendable {
    public var part: ChaosPart
    public var id: Int32
    public var use: ProcessUse

    public init(part: ChaosPart, id: Int32, use: ProcessUse) {
        self.part = part
        self.id = id
        self.use = use
    }
}
