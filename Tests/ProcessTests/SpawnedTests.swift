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

    /// A socket that a child inherits stays open after it was closed here, and whoever is at its other end waits.
    @Test func nothingElseIsInherited() async throws {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        defer { close(ends[0]) }
        let spawned = try Spawned("/bin/cat", [], output: .nothing, error: .nothing)
        close(ends[1])
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        // A child that another test is just starting holds all files until it has become its program.
        try await eventually("end of what the child must not hold") {
            var byte: UInt8 = 0
            return read(ends[0], &byte, 1) == 0
        }
        try spawned.input?.close()
        #expect(spawned.wait() == 0)
    }
}
