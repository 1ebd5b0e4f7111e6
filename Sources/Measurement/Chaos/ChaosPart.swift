/// What a fault befalls: a process of the deployment, a link between two of them, or all of them.
public struct ChaosPart: Codable, Hashable, Sendable, CustomStringConvertible {
    public enum Role: String, Codable, Hashable, Sendable, CaseIterable {
        case target, draft, coordinator
        /// The emulated way from all drafts to the target of the same number.
        case link
        /// Everything at once.
        case fleet

        /// Whether such a part is a process.
        public var isProcess: Bool { self != .link && self != .fleet }
    }

    public var role: Role
    /// From 1 on; 0 for the fleet.
    public var number: Int

    public init(_ role: Role, _ number: Int) {
        self.role = role
        self.number = number
    }

    public var description: String { self.role == .fleet ? "fleet" : "\(self.role.rawValue)-\(self.number)" }
}
