import CommandSupport
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
        lines += self.deployment.targets.flatMap {
            [self.line("target", $0)] + self.execution($0) + self.rounding($0) + self.costs($0)
        }
        lines += self.deployment.drafts.flatMap { [self.line("draft", $0)] + self.execution($0) + self.drafting($0) }
        return lines.joined(separator: "\n")
    }

    private func line(_ role: String, _ member: Deployment.Member) -> String {
        let source =
            switch member.source {
            case .listed: ""
            case .registered: " (registered)"
            case .name(let name): name == member.address ? "" : " (behind \(name))"
            }
        let begin = "\(role.padded(11)) \(member.address)\(source): "
        guard member.isReachable else { return begin + "not reachable, \(member.reason)" }
        let model = "\(member.model), \((Double(member.parameters) / 1e6).shortText) M parameters"
        let load = "\(member.load.sequences) of \(count(member.load.slots, "slot")) busy"
        let reason = member.reason.isEmpty ? "" : ", not used: \(member.reason)"
        return begin + "\(model), \(load), heartbeat \((member.roundTripSeconds * 1000).shortText) ms" + reason
    }

    private func milliseconds(_ seconds: Double) -> String { "\((seconds * 1000).shortText) ms" }

    /// Such as `computes with 8 threads on 8 cores, weights F16, 98 % of them in large pages`.
    private func execution(_ member: Deployment.Member) -> [String] {
        guard let execution = member.execution else { return [] }
        return [self.indent + ExecutionText(execution).text]
    }

    /// Such as `exact: passes of 1 to 7 rows agree, and cost 2 % more`.
    private func rounding(_ member: Deployment.Member) -> [String] {
        guard let rounding = member.rounding else { return [] }
        return [self.indent + RoundingText(rounding).text]
    }

    /// Such as `12.5 tokens/s; pass of 1 row 8.40 ms, 2 rows 15.5 ms, …`.
    private func costs(_ member: Deployment.Member) -> [String] {
        guard let costs = member.costs else { return [] }
        let passes = costs.passTimes.map { "\(count($0.rows, "row")) \(self.milliseconds($0.seconds))" }
        return [
            self.indent + "\(costs.tokensPerSecond.shortText) tokens/s while busy, "
                + "\(costs.rows.shortText) rows a pass now; pass of " + passes.joined(separator: ", ")
        ]
    }

    /// For each target what was measured, and what follows from it.
    private func drafting(_ member: Deployment.Member) -> [String] {
        member.drafting.flatMap { drafting in
            [self.measured(drafting)] + (drafting.terms.map { [self.terms($0, drafting)] } ?? [])
        }
    }

    private func measured(_ drafting: Deployment.Drafting) -> String {
        self.indent + "for \(drafting.target): draft token \(self.milliseconds(drafting.draftTokenSeconds)), "
            + "round trip \(self.milliseconds(drafting.roundTripSeconds)), "
            + "accepted \((drafting.measuredAcceptance * 100).text(0)) % "
            + "(predicted \((drafting.predictedAcceptance * 100).text(0)) %), "
            + "price \(drafting.price.text(3)) tokens, lookahead \(drafting.meanLookahead.text(1)) recently"
    }

    /// Such as `serves it, side by side: 45 % faster than the target alone expected, at most 40 draft tokens in flight`.
    private func terms(_ terms: Deployment.Terms, _ drafting: Deployment.Drafting) -> String {
        let gain = "\((terms.expectedGain * 100).text(0)) % faster than the target alone expected"
        guard terms.pays else {
            let loss = drafting.surplus.flatMap { $0 < 0 ? -$0 : nil }
            let why = loss.map { "texts would take \(($0 * 100).text(0)) % longer with it" }
            return self.indent + "left out there but for a try now and then: \(why ?? gain)"
        }
        if terms.takesTurns { return self.indent + "serves it, in turn on the same cores: \(gain)" }
        let window = terms.window.map { ", at most \(count($0, "draft token")) in flight" } ?? ""
        return self.indent + "serves it, side by side: \(gain)\(window)"
    }

    private var indent: String { String(repeating: " ", count: 12) }
}
