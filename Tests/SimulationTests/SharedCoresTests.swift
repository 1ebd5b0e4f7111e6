internal import Foundation
internal import Speculation
internal import TestSupport
internal import Testing

@testable import Simulation

/// One machine that has both models, under load, on paper: with what passes cost on machines that differ much.
@Suite struct SharedCoresTests {
    /// As `foretoken-bench costs` measured them, on two cores; the last one is made up, as of a device that computes eight
    /// rows in the time of one.
    private static let machines = [
        #"""
        {"crowd":{"cells":1920,"pass":[[1,34.0],[2,34.9],[3,40.8],[4,48.2],[5,56.1],[6,61.7],[8,83.0],
        [12,108.1],[16,140.1],[17,144.9],[24,215.9],[32,244.6],[33,233.3],[48,361.4],[64,363.8],[65,373.3],
        [96,562.2]]},"draftToken":0.85,"name":"Xeon, wide target","pass":[[1,35.4],[2,39.0],[3,44.9],
        [4,55.0],[5,59.1],[6,63.0],[8,79.0],[12,105.5],[16,132.1],[17,141.5],[24,188.0],[32,250.9],
        [33,250.9],[48,349.1],[64,303.1],[65,303.8],[96,448.2]]}
        """#,
        #"""
        {"crowd":{"cells":1920,"pass":[[1,3.9],[2,3.9],[3,4.5],[4,4.9],[5,6.6],[6,7.3],[8,8.4],[12,12.0],
        [16,15.6],[17,17.1],[24,20.5],[32,25.1],[33,27.6],[48,36.5],[64,45.7],[65,48.9],
        [96,65.3]]},"draftToken":0.749,"name":"Xeon, small target","pass":[[1,3.7],[2,4.0],[3,4.2],[4,4.6],
        [5,6.7],[6,7.4],[8,7.9],[12,10.9],[16,13.4],[17,15.1],[24,20.2],[32,25.7],[33,27.2],[48,37.8],
        [64,31.5],[65,31.3],[96,38.3]]}
        """#,
        #"""
        {"draftToken":0.367,"name":"EPYC, wide target","pass":[[1,25.5],[2,44.3],[3,48.2],[4,50.8],[5,53.9],
        [6,58.2],[8,61.2],[12,74.3],[16,85.7],[32,142],[64,242],[96,345],[128,450],[256,890]]}
        """#,
        #"""
        {"draftToken":1,"name":"flat","pass":[[1,20],[8,20.4],[16,26],[32,32],[64,45],[128,75],[256,140]]}
        """#,
    ].map { try! Costs(Data($0.utf8)) }

    private static let texts = (1...40).map { seed in
        Trace.Text.synthetic(acceptance: 0.75, count: 48, promptTokens: 60 + seed * 3, seed: UInt64(seed))
    }

    private static func plan(_ rule: LookaheadRule, _ costs: Costs, clients: Int, requests: Int) -> FleetPlan {
        var plan = FleetPlan(
            targets: [.init(costs: costs, slots: 32)],
            drafts: [.init(costs: costs, slots: 32, distance: Distance(delay: 0))], rule: rule,
            load: .clients(clients), requests: requests, maxTokens: 48)
        plan.sharesCores = true
        return plan
    }

    private static func result(
        _ rule: LookaheadRule, _ costs: Costs, clients: Int, requests: Int = 240
    ) -> FleetResult {
        let plan = Self.plan(rule, costs, clients: clients, requests: requests)
        let result = FleetSimulationTests.result(plan, texts: Self.texts)
        #expect(result.unfinished == 0 && result.mismatches == 0 && result.tokens == 48 * requests, "\(rule)")
        return result
    }

    /// It learns that within the first texts, so that what these lose is in it.
    @Test(arguments: 0..<4, [2, 8, 24]) func draftingPaysOrIsLeftAlone(machine: Int, clients: Int) {
        let costs = Self.machines[machine]
        let off = Self.result(.off, costs, clients: clients)
        let marginal = Self.result(.marginal, costs, clients: clients)
        let ratio = marginal.tokensPerSecond / off.tokensPerSecond
        #expect(ratio > 0.9, "\(costs.name), \(clients) clients: \(ratio)")
    }

    @Test func aLoneTextIsFasterAndOnlyOneComputesAtATime() {
        let costs = Self.machines[0]
        let off = Self.result(.off, costs, clients: 1, requests: 20)
        let marginal = Self.result(.marginal, costs, clients: 1, requests: 20)
        #expect(marginal.tokensPerSecond > 1.2 * off.tokensPerSecond)
        let busy = marginal.targets[0].busy + marginal.drafts[0].busy
        #expect(busy > 0.9 && busy < 1 + 1e-9, "\(busy) of the time")
    }

    @Test func aTextIsWholeWhereMembersDie() {
        var plan = Self.plan(.marginal, Self.machines[1], clients: 8, requests: 80)
        plan.targets.append(plan.targets[0])
        plan.drafts += [plan.drafts[0], plan.drafts[0]]
        plan.failures = .init(betweenTargets: 5, betweenDrafts: 3, outage: 2)
        let result = FleetSimulationTests.result(plan, texts: Self.texts)
        #expect(result.unfinished == 0 && result.mismatches == 0)
        #expect(result.targetsLost > 0 && result.draftsLost > 0)
    }
}
