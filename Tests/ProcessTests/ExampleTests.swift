import Foundation
import TestSupport
import Testing

/// The first program that the pages show: it is the example package, which `deploy/test` builds.
@Suite(.oneAtATime) struct ExampleTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    private static let built = ProcessInfo.processInfo.environment["FORETOKEN_EXAMPLE"]

    private func read(_ path: String) throws -> String {
        try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
    }

    /// What stands in the blocks of Swift of a page.
    private func blocks(in page: String) -> [String] {
        page.components(separatedBy: "```swift\n").dropFirst().compactMap { $0.components(separatedBy: "```").first }
    }

    @Test(arguments: ["README.md", "Sources/Foretoken/Foretoken.docc/FirstProgram.md"])
    func pagesShowWhatCompiles(_ page: String) throws {
        let program = try self.read("deploy/example/Sources/FirstProgram/main.swift")
        #expect(self.blocks(in: try self.read(page)) == [program])
    }

    @Test(.enabled(if: Self.built != nil, "deploy/test builds it"))
    func firstProgramRuns() async throws {
        let trio = try await Trio()
        let program = try RunningProcess([trio.coordinator.address], executable: try #require(Self.built))
        let ended = try await program.end()
        #expect(ended.status == 0, "\(ended.error)")
        #expect(ended.output.contains(" of 32 tokens came from the draft\n"))
        #expect(ended.output.split(separator: "\n").count > 2)
    }
}
