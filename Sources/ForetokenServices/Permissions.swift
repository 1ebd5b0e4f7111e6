internal import ForetokenWire

/// Who may say what to whom. Nothing else decides it.
enum Permissions {
    /// - Returns: the roles whose messages of this kind a service takes; `nil` for a kind that it takes from nobody.
    static func senders(of body: Envelope.Body, at service: Role) -> [Role]? {
        switch (service, body) {
        case (_, .ping): Role.allCases
        case (.target, .hello): self.coordinators + self.drafts
        case (.draft, .hello): self.coordinators
        // Targets and drafts register.
        case (.coordinator, .hello): self.clients + [.target, .draft]
        case (.target, .open), (.target, .assign), (.target, .cancel): self.coordinators
        case (.target, .block), (.target, .question), (.target, .abstention), (.target, .release): self.drafts
        case (.draft, .attach), (.draft, .cancel): self.coordinators
        case (.coordinator, .generate), (.coordinator, .cancel), (.coordinator, .describe): self.clients
        default: nil
        }
    }

    /// Whether a key lets its holder greet as a role: its own, and a coordinator as a client too, as its gateway does.
    static func allow(_ identity: Identity, toGreetAs role: Role) -> Bool {
        identity.role == role || (identity.role == .coordinator && role == .client)
    }

    /// Whether a key lets its holder greet under a name: a target finds a draft by it.
    static func allow(_ identity: Identity, toGreetUnder name: String) -> Bool {
        name.hasPrefix(Peer.namePrefix(of: identity))
    }

    private static let clients = [Role.client]
    private static let coordinators = [Role.coordinator]
    private static let drafts = [Role.draft]
}
