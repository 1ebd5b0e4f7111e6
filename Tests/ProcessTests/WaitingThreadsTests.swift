import TestSupport
import Testing

/// Threads of a pass that wait for each other sleep soon where others need the core, unless the user wants otherwise.
@Suite(.oneAtATime) struct WaitingThreadsTests {
    #if os(Linux)
        /// What the runtime of OpenMP itself says that it has read from its environment, before any of our code.
        @Test(arguments: [
            ([], "GOMP_SPINCOUNT = '1000'"),
            (["GOMP_SPINCOUNT=77"], "GOMP_SPINCOUNT = '77'"),
            (["OMP_WAIT_POLICY=active"], "OMP_WAIT_POLICY = 'ACTIVE'"),
        ])
        func theRuntimeSpinsABoundedTime(settings: [String], line: String) async throws {
            // The tests may have been started with either.
            let clean = ["-u", "GOMP_SPINCOUNT", "-u", "OMP_WAIT_POLICY", "OMP_DISPLAY_ENV=verbose"]
            for program in [RunningProcess.executable, RunningProcess.bench] {
                let ended = try await RunningProcess(
                    clean + settings + [program, "--version", "one two", ""], executable: "/usr/bin/env"
                ).end()
                #expect(ended.error.contains(line), "\(ended.error)")
                let others = ["'1000'", "'77'", "'ACTIVE'"].filter { !line.contains($0) }
                for other in others { #expect(!ended.error.contains(other), "\(ended.error)") }
                #expect(
                    ended.output.split(separator: "\n").count == 1 && ended.status == 0, "the arguments are the same")
            }
        }
    #endif
}
