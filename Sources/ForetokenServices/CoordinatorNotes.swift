internal import ForetokenWire
internal import Logging
internal import Roles

extension Logger {
    /// Tells what a coordinator's state finds worth telling.
    func log(_ note: CoordinatorState.Note) {
        switch note {
        case .joined(let member, let role, let source):
            self.info("Joined", [.role: role.rawValue, .address: member, .reason: source.description])
        case .left(let member):
            self.info("Left", [.address: member])
        case .reached(let member, let peer):
            self.info("Reached", [.role: peer.role.rawValue, .address: member, .peer: peer.name])
        case .lost(let member, let reason):
            self.warning("Lost", [.address: member, .reason: reason])
        case .draftCannotWork(let draft, let target, let reason):
            self.error("Draft cannot work for target", [.draft: draft, .target: target, .reason: reason])
        case .noDraft(let target):
            self.warning("No draft is ready; the target goes on alone", [.target: target])
        case .draftTakesOver(let draft, let target):
            self.info("Draft takes over", [.draft: draft, .target: target])
        case .roundsAlone(let target):
            self.warning(
                """
                Target rounds otherwise than others, and it or they keep to exact passes; a text that moves between them may \
                go another way where two tokens are nearly tied
                """,
                [.target: target])
        case .strayed(let target):
            self.warning(
                """
                Text that was begun in exact passes goes on at a target that rounds otherwise; from here on it may go another \
                way where two tokens are nearly tied
                """,
                [.target: target])
        case .targetsLost:
            self.error("Targets were lost one after the other under the same request; it is ended")
        case .tokensLost(let target):
            self.warning("Tokens lost on the way; sequence opened anew", [.target: target])
        case .clientIsFull(let call):
            self.warning("Client does not take its tokens; call ended", [.call: "\(call)"])
        case .clientLost(let calls):
            self.warning("Client lost; its calls are ended", [.call: "\(calls)"])
        }
    }
}

extension Member.Source {
    fileprivate var description: String {
        switch self {
        case .listed: "listed"
        case .registered: "registered"
        case .name(let name): "behind \(name)"
        }
    }
}
