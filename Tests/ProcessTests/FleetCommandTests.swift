import Foundation
import Simulation
import TestSupport
import Testing

/// `simulate --fleet`: fleets from the command line.
@Suite(.oneAtATime) struct FleetCommandTests {
    @Test func withoutARecordingItPlansAFleet() async throws {
        let folder = URL(filePath: TemporaryFile.freePath())
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        let results = folder.appending(path: "results.json")
        let ended = try await foretokenBench(
            "simulate", "--fleet", "--targets", "2", "--drafts", "2", "--clients", "1,4", "--requests", "8",
            "--max-tokens", "12", "--rules", "marginal,off,marginal", "--delays", "0,5", "--draft-failures", "1",
            "--outage", "0.5", "--output", results.path)
        #expect(ended.status == 0, "\(ended.error)")
        for words in ["1 client\n", "4 clients\n", "tok/s/target", "marginal", "off", "draft right in 70 %"] {
            #expect(ended.output.contains(words), "\(ended.output)")
        }
        let written = try JSONDecoder().decode(Fleets.self, from: Data(contentsOf: results))
        let read = written.results
        #expect(
            written.kind == "fleet" && written.title.hasPrefix("2 targets of 16 slots, 2 drafts"), "\(written.title)")
        #expect(read.map(\.rule) == ["marginal", "off", "marginal", "off"] && read.map(\.clients) == [1, 1, 4, 4])
        #expect(read.allSatisfy { $0.tokens == 8 * 12 && $0.mismatches == 0 && $0.unfinished == 0 })
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["results.json"])
    }

    private struct Fleets: Decodable {
        var kind: String
        var title: String
        var results: [FleetResult]
    }

    @Test(arguments: [
        (["--fleet", "--clients", "4", "--rate", "2"], "--clients and --rate"),
        (["--fleet", "--clients", "0"], "not a number of clients"), (["--fleet", "--targets", "0"], "--targets 0"),
        (["--fleet", "--acceptance", "1.5"], "--acceptance 1.5"), (["--fleet", "--rate", "nan"], "--rate nan"),
        (["--fleet", "--outage", "3"], "--outage needs"), (["--fleet", "--tuned"], "--tuned"),
        (["--fleet", "--drift", "0,5"], "--drift"),
        (["--fleet", "--trace", "none", "--acceptance", "0.5"], "--acceptance is for fleets without --trace"),
        (["--targets", "4", "--trace", "none", "--costs", "none"], "--targets goes with --fleet only"),
        (["--shared-cores", "--trace", "none", "--costs", "none"], "--shared-cores goes with --fleet only"),
        (["--fleet", "--shared-cores", "--delays", "5"], "--shared-cores does not go with --delays"),
        (["--costs", "none"], "--trace is missing"), (["--trace", "none"], "--costs is missing"),
    ])
    func optionsThatItRefuses(_ options: [String], _ words: String) async throws {
        let ended = try await RunningProcess(bench: ["simulate"] + options).end()
        #expect(ended.status == 64 && ended.error.contains(words), "\(ended.error)")
        #expect(ended.error.split(separator: "\n").count == 1, "\(ended.error)")
    }
}
