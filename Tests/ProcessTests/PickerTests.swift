import Foundation
import TestSupport
import Testing

/// A picker of endpoints, configured by the file that llm-d's would get, over two coordinators with cells of their own.
@Suite(.oneAtATime) struct PickerTests {
    @Test func loadEvensOutAndACellThatDrainsGetsNothingNew() async throws {
        var cells: [(target: Service, coordinator: Service)] = []
        for _ in 0..<2 {
            let target = try await Service.target("--slots", "4")
            let coordinator = try await Service.coordinator(target: target, drafts: [], ["--http", "127.0.0.1:0"])
            cells.append((target, coordinator))
        }
        let picker = try RunningProcess(
            ["-B", ManifestTests.deployment.appending(path: "picker.py").path]
                + [Python.root.appending(path: "deploy/kubernetes/llm-d/endpoint-picker.yaml").path]
                + cells.compactMap(\.coordinator.http) + ["\(cells[0].coordinator.process.id)"],
            executable: try await Python.program(for: ManifestTests.deployment))
        let ended = try await picker.end()
        #expect(ended.status == 0, "\(ended.output)\(ended.error)")
        #expect(try await cells[0].coordinator.process.end().status == 0)
    }
}
