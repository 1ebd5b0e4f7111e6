import CommandSupport
import Foundation
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite(.oneAtATime) struct SpawnedTests {
    /// As a program that tells of a crash, and hangs in that, holds what the crashed one spoke through.
    @Test func whatAProcessLeavesBehindEndsWithIt() throws {
        let spawned = try Spawned(
            "/bin/sh", ["-c", "sleep 300 & echo $!; kill -9 $$"], input: .nothing, error: .nothing)
        let start = ContinuousClock.now
        #expect(spawned.wait() == -SIGKILL)
        // That ends once nobody holds it any more.
        let said = try #require(try spawned.output?.readToEnd())
        #expect(Int(String(decoding: said, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)) != nil)
        #expect(ContinuousClock.now - start < .seconds(200))
    }
}
