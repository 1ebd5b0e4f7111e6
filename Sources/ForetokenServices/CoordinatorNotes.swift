internal import ForetokenWire
internal import Logging
internal import Roles
internal import Speculation

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
        case .noDraft(let target, let names):
            self.naming(names).warning("No draft is ready; the target goes on alone", [.target: target])
        case .draftDoesNotPay(let draft, let target, let gain, let surplus, let lookahead):
            self.info(
                "Draft does not pay here; left out but for a try now and then",
                [
                    .draft: draft, .target: target, .gain: gain.brief, .surplus: surplus?.brief ?? "",
                    .lookahead: lookahead.brief,
                ])
        case .draftPays(let draft, let target):
            self.info("Draft pays again", [.draft: draft, .target: target])
        case .draftTakesOver(let draft, let target, let names):
            self.naming(names).info("Draft takes over", [.draft: draft, .target: target])
        case .roundsAlone(let target):
            self.warning(
                """
                Target rounds otherwise than others, and it or they keep to exact passes; a text that moves between them may \
                go another way where two tokens are nearly tied
                """,
                [.target: target])
        case .strayed(let target, let names):
            self.naming(names).warning(
                """
                Text that was begun in exact passes goes on at a target that rounds otherwise; from here on it may go another \
                way where two tokens are nearly tied
                """,
                [.target: target])
        case .targetsLost(let names):
            self.naming(names).error("Targets were lost one after the other under the same request; it is ended")
        case .tokensLost(let target, let names):
            self.naming(names).warning("Tokens lost on the way; sequence opened anew", [.target: target])
        case .clientIsFull(let call, let names):
            self.naming(names).warning("Client does not take its tokens; call ended", [.call: "\(call)"])
        case .clientLost(let calls):
            self.warning("Client lost; its calls are ended", [.call: "\(calls)"])
        case .ended(let text):
            // Made of many parts: only for who reads it.
            guard self.logLevel <= .debug else { return }
            self.naming(text.names).debug(
                "Text ended",
                [
                    .code: text.outcome.description, .target: text.target, .draft: text.draft,
                    .tokens: "\(text.statistics.generatedTokens)",
                ])
        }
    }
}

extension Double {
    fileprivate var brief: String { "\((self * 1000).rounded() / 1000)" }
}

extension TextSummary.Outcome {
    /// Why it is no whole text; `nil` where it is one.
    var error: String? { if case .failed(let code) = self { code.name } else { nil } }

    /// The reason of a good end, or the code of a bad one.
    var description: String {
        switch self {
        case .finished(let reason): reason.rawValue
        case .failed(let code): code.name
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
