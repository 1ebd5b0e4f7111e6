import Foundation
import Measurement
import Speculation
import Testing

/// How pauses are taken from a history, and which faults come.
@Suite struct FaultRecoveryTests {
    /// Texts with a token every tenth of a second from 0 to 10 s, but for the pauses given.
    private static func events(pauses: [(request: Int, from: Double, to: Double)], requests: Int = 2) -> [ChaosEvent] {
        var events = [ChaosEvent(at: 0, ChaosCheckerTests.campaign)]
        for id in 1...requests {
            events.append(ChaosEvent(at: 0, .request(.init(id: id, client: id, way: .sdk, text: 0, rule: ""))))
        }
        for tick in 1...100 {
            let at = Double(tick) / 10
            for id in 1...requests where !pauses.contains(where: { $0.request == id && $0.from < at && at < $0.to }) {
                events.append(ChaosEvent(at: at, .tokens(.init(request: id, index: tick, tokens: [1]))))
            }
        }
        return events
    }

    private static func faults(_ kind: FaultKind, at begin: Double, until end: Double, number: Int = 1) -> [ChaosEvent]
    {
        let choice = FaultChoice(kind: kind, role: kind.roles[0])
        var plan = FaultSchedule(seed: 1, choices: [choice]).plans(count: 1)[0]
        plan.number = number
        return [
            ChaosEvent(at: begin, .fault(.init(plan, .begin))), ChaosEvent(at: end, .fault(.init(plan, .end))),
            ChaosEvent(at: end, .fault(.init(plan, .whole))),
        ]
    }

    @Test func worstTextOfAFaultIsToldApart() throws {
        let events = Self.events(pauses: [(1, 4, 5.2)]) + Self.faults(.control, at: 4.05, until: 4.6)
        let recoveries = FaultRecoveries(ChaosHistory(events))
        #expect(abs(recoveries.ordinaryGap - 0.1) < 1e-9)
        let recovery = try #require(recoveries.all.first)
        #expect(recoveries.all.count == 1 && recovery.faults == 1 && recovery.texts == 2)
        let (all, worst) = (try #require(recovery.pauses), try #require(recovery.worstPauses))
        #expect(abs(worst.max - 1.1) < 0.01 && abs(all.max - 1.1) < 0.01 && all.least < 0.01)
        #expect(abs(try #require(recovery.firstGaps).max - 1.2) < 0.01)
        #expect(recovery.histogram == FaultRecovery.bounds.map { $0 == 1.5 ? 1 : 0 } + [0])
    }

    @Test func pauseOfAnEarlierFaultIsNotCountedTwice() throws {
        let events =
            Self.events(pauses: [(1, 2, 4.2)]) + Self.faults(.freeze, at: 2.05, until: 3)
            + Self.faults(.control, at: 4.05, until: 5, number: 2)
        let recoveries = FaultRecoveries(ChaosHistory(events)).all
        #expect(recoveries.map(\.choice.kind) == [.freeze, .control])
        #expect(try #require(recoveries[0].worstPauses).max > 2)
        #expect(try #require(recoveries[1].worstPauses).max < 0.05)
    }

    @Test func pauseOfALaterFaultIsNotCountedTwice() throws {
        let events =
            Self.events(pauses: [(1, 5.15, 7)]) + Self.faults(.control, at: 4, until: 5)
            + Self.faults(.freeze, at: 5.2, until: 6, number: 2)
        let recoveries = FaultRecoveries(ChaosHistory(events)).all
        #expect(recoveries.map(\.choice.kind) == [.freeze, .control])
        #expect(try #require(recoveries[0].worstPauses).max > 1.7)
        #expect(try #require(recoveries[1].worstPauses).max < 0.05)
    }

    @Test func waitForTheFirstTokenIsAPause() throws {
        let events = Self.events(pauses: [(2, 0, 3)]) + Self.faults(.control, at: 1, until: 2)
        #expect(abs(try #require(FaultRecoveries(ChaosHistory(events)).all[0].worstPauses).max - 2.9) < 0.01)
    }

    @Test func scheduleIsAFunctionOfItsSeed() {
        let all = FaultChoice.all
        let plans = FaultSchedule(seed: 7, choices: all).plans(count: 200)
        #expect(plans == FaultSchedule(seed: 7, choices: all).plans(count: 200))
        #expect(Array(plans.prefix(20)) == FaultSchedule(seed: 7, choices: all).plans(count: 20))
        #expect(plans != FaultSchedule(seed: 8, choices: all).plans(count: 200))
        #expect(plans.map(\.number) == Array(1...200))
    }

    @Test func eachChoiceComesAsOftenAsAnyOther() {
        let all = FaultChoice.all
        let plans = FaultSchedule(seed: 3, choices: all).plans(count: 10 * all.count)
        for choice in all {
            let some = plans.filter { $0.kind == choice.kind && $0.part.role == choice.role }
            #expect(some.count == 10)
            #expect(choice.role == .fleet || Set(some.map(\.part.number)).isSubset(of: [1, 2]))
        }
        #expect(Set(plans.filter { $0.kind == .kill }.map(\.part)).count == 6)
    }

    @Test func choicesAreRead() {
        #expect(FaultChoice.choices("kill").map(\.role) == [.target, .draft, .coordinator])
        #expect(FaultChoice.choices("cut-out:draft") == [FaultChoice(kind: .cutOut, role: .draft)])
        #expect(FaultChoice.choices("delay:draft") == [] && FaultChoice.choices("flood") == [])
    }

    @Test func reportTellsTheFindingsFirst() throws {
        let events =
            Self.events(pauses: [(1, 4, 5.2)]) + Self.faults(.kill, at: 4.05, until: 4.6)
            + [ChaosEvent(at: 11, .end(.init(request: 1, status: "UNAVAILABLE")))]
        let report = ChaosReport(
            date: Date(timeIntervalSince1970: 0), commandLine: ["foretoken-bench", "chaos", "--seed", "5"],
            machine: .current,
            setting: .init(
                seed: 5, clients: 2, httpClients: 0, delayMs: 2, overlap: 1, hasNamespaces: false, hasKeys: false,
                leftOut: ["cut needs network namespaces"]),
            isComplete: true, events: events)
        let text = report.text
        #expect(text.hasPrefix("1 fault, 2 requests: 4 findings"))
        for part in [
            "status at 11.000 s after fault 1 began", "unfinished", "kill target",
            "again: foretoken-bench chaos --seed 5",
            "left out: cut needs", "on the loopback", "UNAVAILABLE",
        ] {
            #expect(text.contains(part), "\(text)")
        }
        #expect(try ChaosReport(decoding: report.encoded()) == report)
    }
}
