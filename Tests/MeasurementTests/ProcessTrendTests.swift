import Foundation
import Measurement
import Testing

/// How what processes hold of the system is told to grow.
@Suite struct ProcessTrendTests {
    private static let target = ChaosPart(.target, 1)

    /// A life from `begin` to `end` with a look every five seconds.
    private static func life(
        _ id: Int32, from begin: Double, to end: Double, _ use: (Double) -> ProcessUse
    ) -> [ChaosEvent] {
        [ChaosEvent(at: begin, .process(.init(part: self.target, id: id, phase: .started)))]
            + stride(from: begin, through: end, by: 5).map {
                ChaosEvent(at: $0, .use(.init(part: self.target, id: id, use: use($0 - begin))))
            }
    }

    private static func trends(_ events: [ChaosEvent]) -> [ProcessTrend] {
        ChaosReport(
            date: Date(timeIntervalSince1970: 0), commandLine: [], machine: .current,
            setting: .init(
                seed: 1, clients: 1, httpClients: 1, delayMs: 0, overlap: 1, hasNamespaces: false, hasKeys: false,
                leftOut: []),
            isComplete: true, events: [ChaosEvent(at: 0, ChaosCheckerTests.campaign)] + events
        ).trends
    }

    @Test func slopeIsOfTheLifeWithoutItsBeginning() throws {
        // Memory fills at once at the beginning, then grows by 6 MiB an hour; files stay; one thread comes late.
        let life = Self.life(7, from: 100, to: 3700) { age in
            ProcessUse(
                threads: age > 3599 ? 13 : 12, files: 40,
                residentBytes: age < 300 ? 1 << 20 : (100 << 20) + Int(age / 3600 * 6 * 1_048_576))
        }
        let trend = try #require(Self.trends(life).first)
        #expect(trend.part == Self.target && abs(trend.seconds - 3000) < 1e-6)
        #expect(abs(trend.residentMiB.perHour - 6) < 0.01)
        #expect(abs(trend.residentMiB.first - 101) < 0.01 && abs(trend.residentMiB.last - 106) < 0.01)
        #expect(trend.files == .init(first: 40, last: 40, most: 40, perHour: 0))
        #expect(trend.threads.first == 12 && trend.threads.most == 13 && trend.threads.perHour > 0)
    }

    @Test func longestLifeOfEachPartIsTold() {
        func constant(_ files: Int) -> (Double) -> ProcessUse {
            { _ in ProcessUse(threads: 1, files: files, residentBytes: 1 << 20) }
        }
        let lives =
            Self.life(1, from: 0, to: 1000, constant(1)) + Self.life(2, from: 1010, to: 2900, constant(2))
            + Self.life(3, from: 2910, to: 4000, constant(3))
        #expect(Self.trends(lives).map(\.files.last) == [2])
        #expect(Self.trends(Self.life(1, from: 0, to: 800, constant(1))).isEmpty)
    }
}
