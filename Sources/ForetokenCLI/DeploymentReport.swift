import Foretoken

/// What a coordinator knows, for people and for programs.
struct DeploymentReport {
    let deployment: Deployment
    let address: String

    init(_ deployment: Deployment, address: String) {
        self.deployment = deployment
        self.address = address
    }

    var text: String {
        let load = self.deployment.load
        var lines = [
            "coordinator \(self.address): \(load.sequences) of \(count(load.slots, "slot")) busy, "
                + "\(count(load.waiting, "request")) waiting"
        ]
        lines += self.deployment.targets.map { self.line("target", $0) }
        lines += self.deployment.drafts.map { self.line("draft", $0) }
        let tuning = self.deployment.tuning
        func milliseconds(_ seconds: Double) -> String { "\((seconds * 1000).shortText) ms" }
        if tuning.passSeconds > 0 {
            lines.append(
                "tuning      lookahead \(tuning.lookahead), \((tuning.acceptanceRate * 100).text(0)) % accepted, "
                    + "pass \(milliseconds(tuning.passSeconds)) and \(milliseconds(tuning.rowSeconds)) a row more, "
                    + "draft token \(milliseconds(tuning.draftTokenSeconds)), "
                    + "round trip \(milliseconds(tuning.roundTripSeconds))")
        } else {
            lines.append("tuning      lookahead \(tuning.lookahead), nothing measured yet")
        }
        return lines.joined(separator: "\n")
    }

    private func line(_ role: String, _ member: Deployment.Member) -> String {
        let begin = "\(role.padded(11)) \(member.address): "
        guard member.isReachable else { return begin + "not reachable, \(member.reason)" }
        let model = "\(member.model), \((Double(member.parameters) / 1e6).shortText) M parameters"
        let load = "\(member.load.sequences) of \(count(member.load.slots, "slot")) busy"
        let reason = member.reason.isEmpty ? "" : ", not used: \(member.reason)"
        return begin + "\(model), \(load), heartbeat \((member.roundTripSeconds * 1000).shortText) ms" + reason
    }

    var json: JSON {
        let tuning = self.deployment.tuning
        func milliseconds(_ seconds: Double) -> JSON { .number(seconds * 1000, digits: 4) }
        return .object([
            "address": .string(self.address),
            "load": self.json(self.deployment.load),
            "targets": .array(self.deployment.targets.map { self.json($0) }),
            "drafts": .array(self.deployment.drafts.map { self.json($0) }),
            "tuning": .object([
                "lookahead": .integer(tuning.lookahead),
                "acceptance_rate": .number(tuning.acceptanceRate, digits: 4),
                "pass_ms": milliseconds(tuning.passSeconds),
                "row_ms": milliseconds(tuning.rowSeconds),
                "draft_token_ms": milliseconds(tuning.draftTokenSeconds),
                "round_trip_ms": milliseconds(tuning.roundTripSeconds),
            ]),
        ])
    }

    private func json(_ load: Deployment.Load) -> JSON {
        .object([
            "slots": .integer(load.slots), "sequences": .integer(load.sequences), "waiting": .integer(load.waiting),
        ])
    }

    private func json(_ member: Deployment.Member) -> JSON {
        .object([
            "address": .string(member.address),
            "reachable": .bool(member.isReachable),
            "reason": .string(member.reason),
            "name": .string(member.name),
            "model": .string(member.model),
            "parameters": .integer(Int(clamping: member.parameters)),
            "context": .integer(member.contextLength),
            "load": self.json(member.load),
            "round_trip_ms": .number(member.roundTripSeconds * 1000, digits: 4),
        ])
    }
}
