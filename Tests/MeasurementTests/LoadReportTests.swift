import Foundation
import Speculation
import TestSupport
import Testing

@testable import Measurement

@Suite(.oneAtATime) struct LoadTestReportTests {
    /// What two arms found on a virtual server, of which one is half as fast.
    private static func report(isComparison: Bool) throws -> LoadTestReport {
        let arms: [LoadArm] = isComparison ? [.asked, .off] : [.asked]
        var recorder = LoadRecorder(arms, goal: try ServiceLevels("e2e=15ms"))
        for arm in arms {
            var window = LoadWindow.whole(.requests(200))
            window.arm = arm
            var driver = LoadDriver(
                window, shape: .closed(clients: 1), deck: PromptDeck(count: 200, seed: 1, repeats: false),
                mostInFlight: 9, begin: 0)
            recorder.open(arm, from: 0, until: nil)
            var end: Seconds = 0
            VirtualServer(service: arm == .asked ? 0.01 : 0.02).run(&driver) {
                recorder.add($0)
                end = $0.ended
            }
            recorder.close(at: end)
        }
        var report = LoadTestReport(
            date: Date(timeIntervalSince1970: 0), commandLine: ["foretoken", "it's <here>"],
            machine: Machine(processor: "A & B", cores: 2, memoryBytes: 4 << 30, system: "test"),
            server: "http://host:1/v1", model: "m",
            plan: .init(
                shape: .closed(clients: 1), bound: .requests(200), warmUp: 0, maxTokens: 4, temperature: 0, seed: 1,
                lookahead: nil, isComparison: isComparison, prompts: 200, timeout: 300, drain: 30),
            limits: try ServiceLevels("e2e=15ms"))
        report.summarize(recorder, now: 4, cause: nil)
        return report
    }

    @Test func readsWhatItWrites() throws {
        let report = try Self.report(isComparison: true)
        #expect(try LoadTestReport(decoding: report.encoded()) == report)
        let text = String(decoding: try report.encoded(), as: UTF8.self)
        #expect(text.contains(#""time_to_first_token" : {"#) && text.contains(#""p99" :"#))
    }

    @Test func tables() throws {
        let one = try Self.report(isComparison: false)
        #expect(one.tables.count == 2 && one.tables[0].rows[0].cells == ["400"], "4 tokens in 10 ms")
        #expect(one.tables[0].text.contains("within e2e=15ms      100.0 %"))
        #expect(one.tables[1].rows[3].cells == ["10.0", "10.0", "10.0", "10.0", "10.0", "10.0"])

        let two = try Self.report(isComparison: true)
        #expect(two.tables[0].rows[0].cells == ["400", "200", "2.00"])
        #expect(two.tables[1].rows[2].cells == Array(repeating: "2.00", count: 6), "times of off by these")
        #expect(two.notes.joined().contains("200 of 200 texts are the same"))
        #expect(two.tables.allSatisfy { $0.text.split(separator: "\n").allSatisfy { $0.count <= 110 } })
    }

    @Test func thePageNeedsNothingElse() throws {
        for isComparison in [false, true] {
            let html = LoadTestPage(try Self.report(isComparison: isComparison)).html
            let outside = ["src=", "href=", "@import", "url(http", "<script", "<link"]
            #expect(outside.allSatisfy { !html.contains($0) })
            #expect(html.contains("foretoken 'it'\\''s &lt;here&gt;'") && html.contains("A &amp; B, 2 cores, 4 GiB"))
            let ids = html.matches(of: /id="([^"]+)"/).map { String($0.output.1) }
            #expect(!ids.isEmpty && Set(ids).count == ids.count, "each name once in the page")
            #expect(html.ranges(of: "<svg").count == 1)
        }
    }

    @Test func anEmptyRunIsTold() throws {
        var report = try Self.report(isComparison: false)
        report.summarize(LoadRecorder([.asked], goal: ServiceLevels()), now: 0, cause: "interrupted")
        #expect(!report.isComplete && report.notes[0].contains("ended early: interrupted"))
        #expect(report.notes[1].contains("no request that counts has completed"))
        #expect(LoadTestPage(report).html.contains("no values"))
    }
}
