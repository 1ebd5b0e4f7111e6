import Foundation
import TestSupport
import Testing

/// What `deploy/fuzz` tries for hours, for seconds: whatever strangers write can be refused, and does no more harm.
///
/// `FORETOKEN_FUZZ_ITERATIONS` sets how many inputs each target gets; `FORETOKEN_FUZZ_SEED` where they begin.
@Suite(.oneAtATime) struct CorpusTests {
    private static let iterations = Self.setting("FORETOKEN_FUZZ_ITERATIONS") ?? 500
    private static let seed = UInt64(Self.setting("FORETOKEN_FUZZ_SEED") ?? 1)

    @Test(arguments: FuzzTarget.all.map(\.name))
    func whatOnceBrokeSomethingHolds(name: String) throws {
        let target = try #require(FuzzTarget.named(name))
        let inputs = try Corpus.inputs(of: target)
        var read = 0
        for (line, bytes) in inputs {
            do {
                if try target.run(bytes) { read += 1 }
            } catch {
                Issue.record("Tests/FuzzTests/Corpus/\(name).txt:\(line): \(error)")
            }
        }
        #expect(read > 0, "of \(inputs.count) inputs none is read: the target looks at nothing")
    }

    @Test(arguments: FuzzTarget.all.map(\.name))
    func changedInputsHold(name: String) throws {
        let target = try #require(FuzzTarget.named(name))
        let all = try Corpus.inputs(of: target).map(\.bytes)
        // Most inputs show a way of refusing; what is read is changed as often as these.
        let whole = try all.filter { try target.run($0) }
        let samples = whole + all + Array(repeating: whole, count: all.count / max(1, whole.count)).joined()
        var mutation = Mutation(samples: samples, random: SplitMix64(state: Self.seed))
        var read = 0
        for iteration in 0..<Self.iterations {
            let bytes = mutation.next()
            do {
                if try target.run(bytes) { read += 1 }
            } catch {
                let input = Data(bytes).base64EncodedString()
                Issue.record("iteration \(iteration) of seed \(Self.seed): \(error): \(input)")
            }
        }
        #expect(read > Self.iterations / 500, "\(read) of \(Self.iterations) are read")
    }

    /// Nobody who sends twice as much may cost four times as much: work grows with an input as its length does.
    @Test(arguments: FuzzTarget.all.filter { $0.stretch != nil }.map(\.name))
    func longInputsCostTimeInProportion(name: String) throws {
        let target = try #require(FuzzTarget.named(name))
        let stretch = try #require(target.stretch)
        for (short, long) in zip(stretch(1 << 14), stretch(1 << 17)) {
            let (few, many) = try (Self.seconds(of: target, short), Self.seconds(of: target, long))
            let beginning = String(decoding: long.prefix(60), as: UTF8.self)
            #expect(
                many < 24 * few + 0.005,
                "\(long.count) bytes take \(many) s, \(short.count) take \(few) s: \(beginning)…")
        }
    }

    /// Time of this thread, which nobody else's work lengthens; the best of three.
    private static func seconds(of target: FuzzTarget, _ bytes: [UInt8]) throws -> Double {
        try (0..<3).map { _ in
            let start = Self.threadTime
            _ = try target.run(bytes)
            return Self.threadTime - start
        }.min()!
    }

    private static var threadTime: Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    private static func setting(_ name: String) -> Int? {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) }.map { max($0, 0) }
    }
}
