import Foundation
import Measurement
import Speculation
import Testing

/// What the checker finds in histories that were made by hand.
@Suite struct ChaosCheckerTests {
    static let alone: [Token] = Array(100..<120)
    static let text = "zwanzig Zeichen für €"
    static let campaign = ChaosEvent.What.campaign(
        .init(
            seed: 1, commandLine: [],
            texts: [ChaosText(prompt: "a", maxTokens: 20, temperature: 0, seed: 0, tokens: Self.alone, text: Self.text)]
        ))

    /// A history of one request, with an event each tenth of a second.
    static func history(
        _ tokens: [Token], status: String? = "OK", timeout: Seconds? = nil, cancelAfter: Int? = nil,
        text: String = Self.text, more: [ChaosEvent.What] = []
    ) -> ChaosHistory {
        let request = ChaosRequest(
            id: 1, client: 1, way: .sdk, text: 0, rule: "", timeout: timeout, cancelAfter: cancelAfter)
        var whats: [ChaosEvent.What] = [Self.campaign, .request(request)]
        for (index, token) in tokens.enumerated() {
            whats.append(.tokens(.init(request: 1, index: index, tokens: [token])))
        }
        if let status { whats.append(.end(.init(request: 1, status: status, text: text))) }
        return ChaosHistory((whats + more).enumerated().map { ChaosEvent(at: Double($0) * 0.1, $1) })
    }

    private static func kinds(_ history: ChaosHistory) -> [ChaosFinding.Kind] {
        ChaosChecker(history).findings.map(\.kind)
    }

    @Test func wholeTextHasNoFinding() {
        let checker = ChaosChecker(Self.history(Self.alone))
        #expect(checker.findings.isEmpty && checker.equalTexts == 1 && checker.tokens == 20)
        #expect(checker.endings == ["OK": 1])
    }

    @Test func lostTokensAreCounted() {
        for (tokens, count) in [
            (Array(Self.alone.dropLast(2)), 2), (Array(Self.alone[..<5] + Self.alone[8...]), 3),
            (Array(Self.alone.dropFirst()), 1), ([], 20),
        ] {
            let checker = ChaosChecker(Self.history(tokens))
            #expect(checker.findings.map(\.kind) == [.lost] && checker.lostTokens == count)
        }
    }

    @Test func doubledTokensAreCounted() {
        for (tokens, count) in [
            (Array(Self.alone[..<8] + Self.alone[5...]), 3), (Self.alone + Self.alone.suffix(1), 1),
            (Array(Self.alone[..<1] + Self.alone), 1),
        ] {
            let checker = ChaosChecker(Self.history(tokens))
            #expect(checker.findings.map(\.kind) == [.doubled] && checker.doubledTokens == count)
        }
    }

    @Test func otherTokensAreAChange() {
        var tokens = Self.alone
        tokens[7] = 7
        let checker = ChaosChecker(Self.history(tokens))
        #expect(checker.findings.map(\.kind) == [.changed] && checker.changedTexts == 1 && checker.equalTexts == 0)
        #expect(Self.kinds(Self.history(Self.alone + [7])) == [.changed])
    }

    @Test func partOfATextIsComparedToo() {
        let part = Array(Self.alone[..<9])
        #expect(Self.kinds(Self.history(part, status: "CANCELLED", cancelAfter: 8, text: "zwanzig")) == [])
        #expect(Self.kinds(Self.history(part + [7], status: "CANCELLED", cancelAfter: 8)) == [.changed])
        let gap = part + Self.alone[10..<14]
        #expect(Self.kinds(Self.history(gap, status: "CANCELLED", cancelAfter: 8)) == [.lost])
    }

    @Test func charactersAreComparedToo() {
        for text in ["zwanzig Zeichen für", Self.text + "!", "zwanzig Zeichen fur €", ""] {
            let checker = ChaosChecker(Self.history(Self.alone, text: text))
            #expect(checker.findings.map(\.kind) == [.changed] && checker.changedTexts == 1 && checker.equalTexts == 0)
        }
        let part = Array(Self.alone[..<9])
        #expect(Self.kinds(Self.history(part, status: "CANCELLED", cancelAfter: 8, text: "zwölf")) == [.changed])
    }

    @Test func clientThatLeftHadWhatItWaitedFor() {
        let part = Array(Self.alone[..<8])
        #expect(Self.kinds(Self.history(part, status: "CANCELLED", cancelAfter: 8, text: "")) == [.status])
    }

    @Test func stuckTextIsFoundWhateverItsEnd() {
        for (status, at) in [("DEADLINE_EXCEEDED", 61.0), ("OK", 61), ("UNAVAILABLE", 61), (nil, 61)] {
            var events = [
                ChaosEvent(at: 0, Self.campaign),
                ChaosEvent(at: 1, .request(.init(id: 1, client: 1, way: .sdk, text: 0, rule: "", timeout: 60))),
                ChaosEvent(at: 1.1, .tokens(.init(request: 1, index: 0, tokens: [Self.alone[0]]))),
            ]
            let plan = FaultSchedule(seed: 1, choices: FaultChoice.all).plans(count: 1)[0]
            events += [
                ChaosEvent(at: 1.2, .fault(.init(plan, .begin))), ChaosEvent(at: 1.4, .fault(.init(plan, .end))),
            ]
            if let status {
                events.append(ChaosEvent(at: at, .end(.init(request: 1, status: status))))
            } else {
                events.append(ChaosEvent(at: at, .fault(.init(plan, .whole))))
            }
            let history = ChaosHistory(events)
            #expect(ChaosChecker(history).findings.contains { $0.kind == .stuck }, "\(status ?? "no end")")
            let longest = FaultRecoveries(history).all.first?.worstPauses?.max ?? 0
            #expect(longest > 50, "\(status ?? "no end")")
        }
    }

    @Test func requestWithoutAnEndIsFound() {
        #expect(Self.kinds(Self.history(Array(Self.alone[..<9]), status: nil)) == [.unfinished])
    }

    @Test func statusMustHaveBeenAskedFor() {
        #expect(Self.kinds(Self.history([], status: "UNAVAILABLE")) == [.status])
        #expect(Self.kinds(Self.history([], status: "CANCELLED")) == [.status])
        #expect(Self.kinds(Self.history([], status: "DEADLINE_EXCEEDED")) == [.status])
        #expect(Self.kinds(Self.history([], status: "DEADLINE_EXCEEDED", timeout: 0.1)) == [])
    }

    @Test func lateEndIsFound() {
        let events = [
            ChaosEvent(at: 0, Self.campaign),
            ChaosEvent(at: 1, .request(.init(id: 1, client: 1, way: .sdk, text: 0, rule: "", timeout: 0.5))),
            ChaosEvent(at: 4, .end(.init(request: 1, status: "DEADLINE_EXCEEDED"))),
        ]
        #expect(Self.kinds(ChaosHistory(events)) == [.late])
    }

    @Test func crashAndUnhealedFaultAreFound() {
        let plan = FaultSchedule(seed: 1, choices: FaultChoice.all).plans(count: 1)[0]
        let history = Self.history(
            Self.alone,
            more: [
                .fault(.init(plan, .begin)),
                .process(.init(part: .init(.draft, 1), id: 7, phase: .crashed, status: -11)),
                .fault(.init(plan, .end)), .fault(.init(plan, .notWhole, message: "somebody is missing")),
                .process(.init(part: .init(.target, 2), id: 8, phase: .held)),
            ])
        let findings = ChaosChecker(history).findings
        #expect(findings.map(\.kind) == [.crashed, .notWhole, .held])
        #expect(findings.map(\.fault) == [1, 1, 1])
        #expect(findings[2].part == .init(.target, 2))
        #expect(findings[0].message.contains("signal 11") && findings[1].message.contains("somebody"))
    }

    @Test func historyIsReadAsItWasWritten() throws {
        let plan = FaultSchedule(seed: 1, choices: FaultChoice.all).plans(count: 1)[0]
        let events = [
            Self.campaign, .request(.init(id: 1, client: 2, way: .http, text: 0, rule: "off", timeout: 3)),
            .tokens(.init(request: 1, index: 0, tokens: [1, 2])), .end(.init(request: 1, status: "OK", resumptions: 1)),
            .fault(.init(plan, .whole)), .process(.init(part: .init(.target, 2), id: 7, phase: .ready)),
            .use(
                .init(
                    part: .init(.draft, 1), id: 9,
                    use: .init(threads: 3, files: 40, residentBytes: 1 << 20))),
        ].enumerated().map { ChaosEvent(at: Double($0), $1) }
        let lines = try events.map { try $0.line() }
        #expect(
            lines.allSatisfy { $0.last == UInt8(ascii: "\n") && $0.count(where: { $0 == UInt8(ascii: "\n") }) == 1 })
        #expect(try ChaosEvent.read(Data(lines.joined())) == events)
    }
}
