/// A kind of fault, and what it befalls.
public struct FaultChoice: Codable, Hashable, Sendable, CustomStringConvertible {
    public var kind: FaultKind
    public var role: ChaosPart.Role

    /// Every kind with all that it can befall.
    public static let all = FaultKind.allCases.flatMap { kind in kind.roles.map { Self(kind: kind, role: $0) } }

    public init(kind: FaultKind, role: ChaosPart.Role) {
        self.kind = kind
        self.role = role
    }

    /// Reads a kind, such as `kill`, or one with what it befalls, such as `kill:draft`.
    ///
    /// - Returns: none where there is no such kind, or it cannot befall that.
    public static func choices(_ text: some StringProtocol) -> [Self] {
        self.all.filter { $0.kind.rawValue == text || "\($0.kind.rawValue):\($0.role.rawValue)" == text }
    }

    public var description: String {
        self.role == .fleet ? self.kind.rawValue : "\(self.kind.rawValue) \(self.role.rawValue)"
    }
}
