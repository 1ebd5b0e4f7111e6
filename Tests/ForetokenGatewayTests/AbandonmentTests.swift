import Foretoken
import Foundation
import Measurement
import TestSupport
import Testing

@testable import ForetokenGateway

/// Clients that leave free what they held; overload is told, and harms nobody else.
@Suite(.oneAtATime) struct AbandonmentTests {
    private static let endless = #"{"messages": [{"role": "user", "content": "x"}], "stream": true}"#

    @Test func leavingAStreamFreesItsSlot() async throws {
        // Nothing else would end the text within the time that this waits.
        var settings = Bed.settings
        settings.stallTimeout = .seconds(3600)
        try await with(try await Bed(settings, context: 1 << 20, passSeconds: Bed.hold)) { bed in
            let events = Events()
            try await bed.http.stream("/v1/chat/completions", Self.endless) {
                events.add($0)
                return events.all.count < 5
            }
            try await self.expectFree(bed)
        }
    }

    @Test func leavingBeforeTheAnswerFreesItsSlot() async throws {
        try await with(try await Bed(context: 1 << 20, passSeconds: Bed.hold)) { bed in
            let task = Task {
                try await bed.http.post(
                    "/v1/chat/completions", #"{"messages": [{"role": "user", "content": "x"}], "n": 3}"#)
            }
            try await self.wait(bed, for: 3)
            task.cancel()
            _ = await task.result
            try await self.expectFree(bed)
        }
    }

    @Test func leavingTheQueueMakesRoomInIt() async throws {
        try await with(try await Bed(slots: 1, context: 1 << 20, passSeconds: Bed.hold)) { bed in
            let tasks = (0..<3).map { _ in
                Task { try await bed.http.stream("/v1/chat/completions", Self.endless) { _ in true } }
            }
            try await eventually { try await bed.client.describe().load.waiting >= 2 }
            for task in tasks { task.cancel() }
            for task in tasks { _ = await task.result }
            try await self.expectFree(bed)
        }
    }

    @Test func aReaderThatStallsLosesItsConnection() async throws {
        var settings = Bed.settings
        settings.stallTimeout = .milliseconds(200)
        try await with(try await Bed(settings, context: 1 << 20)) { bed in
            try await bed.http.stalled("/v1/chat/completions", Self.endless) {
                // Its text may begin and be given up between two looks.
                try await eventually("it begins") { try await bed.passes > 0 }
                try await self.expectFree(bed)
            }
        }
    }

    @Test func overloadIsToldAndHarmsNobody() async throws {
        var settings = Bed.settings
        settings.mostTexts = 2
        try await with(try await Bed(settings, context: 1 << 20, passSeconds: Bed.hold)) { bed in
            let running = Events()
            let tasks = (0..<2).map { _ in
                Task {
                    try await bed.http.stream("/v1/chat/completions", Self.endless) {
                        running.add($0)
                        return true
                    }
                }
            }
            try await self.wait(bed, for: 2)
            let refused = try await bed.http.post("/v1/completions", #"{"prompt": "x"}"#)
            #expect(refused.status == 429)
            #expect(refused.headers["retry-after"] == "1")
            #expect(try refused.error()["code"] as? String == "overloaded")
            let before = running.all.count
            try await eventually { running.all.count >= before + 10 }
            for task in tasks { task.cancel() }
            for task in tasks { _ = await task.result }
            try await self.expectFree(bed)
            #expect(try await bed.http.post("/v1/completions", #"{"prompt": "x"}"#).status == 200)
        }
    }

    @Test func aFullQueueOfTheCoordinatorIsTold() async throws {
        try await with(try await Bed(slots: 1, context: 1 << 20, passSeconds: Bed.hold, mostWaiting: 1)) { bed in
            let tasks = (0..<2).map { _ in
                Task { try await bed.http.stream("/v1/chat/completions", Self.endless) { _ in true } }
            }
            try await eventually { try await bed.client.describe().load.waiting >= 1 }
            let refused = try await bed.http.post("/v1/completions", #"{"prompt": "x", "stream": true}"#)
            #expect(refused.status == 429)
            #expect(refused.headers["retry-after"] == "1")
            for task in tasks { task.cancel() }
            for task in tasks { _ = await task.result }
            try await self.expectFree(bed)
        }
    }

    @Test func stoppingEndsStreamsWithAnError() async throws {
        let bed = try await Bed(context: 1 << 20, passSeconds: Bed.hold)
        let events = Events()
        let task = Task {
            try await bed.http.stream("/v1/chat/completions", Self.endless) {
                events.add($0)
                return true
            }
        }
        try await eventually { !events.all.isEmpty }
        await bed.gateway.stop()
        let ended = try await task.value
        #expect(ended.status == 200)
        #expect(events.all.last?.contains("shutting down") == true)
        await bed.stop()
    }

    /// So many streams at once, `FORETOKEN_STREAMS` or 64, of which a third are left at a random place.
    @Test(.enabled(if: ProcessUse.isKnown)) func nothingIsLeftOfManyStreams() async throws {
        let streams = ProcessInfo.processInfo.environment["FORETOKEN_STREAMS"].flatMap { Int($0) } ?? 64
        var settings = Bed.settings
        settings.mostTexts = streams
        try await with(try await Bed(settings, slots: 8, context: 1 << 16)) { bed in
            var random = SeededGenerator(seed: 1)
            // The first crowd brings threads, buffers and caches.
            _ = try await self.crowd(of: streams, bed, &random)
            let before = try #require(ProcessUse(of: nil))
            var gaps: [Duration] = []
            for _ in 0..<3 { gaps += try await self.crowd(of: streams, bed, &random) }
            // Sockets of the last ones are closed on threads of their own.
            var after = before
            try await eventually("sockets are closed: \(before), then \(after)") {
                after = try #require(ProcessUse(of: nil))
                return after.files <= before.files
            }
            gaps.sort()
            print(
                "\(streams) streams before: \(before); after: \(after); between tokens p50 \(gaps[gaps.count / 2]),",
                "p99 \(gaps[gaps.count * 99 / 100])")
            #expect(after.threads <= before.threads + ProcessInfo.processInfo.activeProcessorCount)
            #expect(after.residentBytes <= before.residentBytes + 16 << 20)
        }
    }

    /// - Returns: the times between the tokens of those that stayed.
    private func crowd(
        of streams: Int, _ bed: Bed, _ random: inout SeededGenerator
    ) async throws -> [Duration] {
        let expected = 24
        let gaps = try await withThrowingTaskGroup(of: [Duration].self) { group in
            for number in 0..<streams {
                let leavesAfter = number % 3 == 0 ? Int.random(in: 0..<expected, using: &random) : nil
                group.addTask { try await self.one(number, bed, tokens: expected, leavesAfter: leavesAfter) }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        try await self.expectFree(bed)
        return gaps
    }

    /// - Parameter leavesAfter: events; `nil`: it stays to the end.
    /// - Returns: the times between the tokens of one that stays.
    private func one(_ number: Int, _ bed: Bed, tokens: Int, leavesAfter: Int?) async throws -> [Duration] {
        let body = """
            {"prompt": "number \(number)", "max_tokens": \(leavesAfter == nil ? tokens : 60000), "seed": \(number), "stream": true}
            """
        let events = Events()
        let (status, rest) = try await bed.http.stream("/v1/completions", body) { event in
            events.add(event)
            return events.all.count <= leavesAfter ?? .max
        }
        #expect(status == 200, "\(rest)")
        guard leavesAfter == nil else { return [] }
        let own = try objects(of: events.all).compactMap { $0["foretoken"] as? [String: Any] }
        #expect(own.flatMap { $0["tokens"] as? [Int] ?? [] }.count == tokens)
        return events.gaps
    }

    private func wait(_ bed: Bed, for sequences: Int) async throws {
        try await eventually { try await bed.client.describe().load.sequences >= sequences }
    }

    /// Members tell their slots with heartbeats.
    private func expectFree(_ bed: Bed) async throws {
        try await bed.client.waitUntilFree()
        #expect(try await bed.client.describe().load.waiting == 0)
    }
}

/// SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { self.state = seed }

    mutating func next() -> UInt64 {
        self.state &+= 0x9e37_79b9_7f4a_7c15
        var bits = self.state
        bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
        return bits ^ (bits >> 31)
    }
}
