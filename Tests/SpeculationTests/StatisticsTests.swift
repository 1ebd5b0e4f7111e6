internal import TestSupport
internal import Testing

@testable import Speculation

@Suite struct StatisticsTests {
    @Test func acceptedTokensAreCountedByTheirPlaceInThePass() throws {
        var bed = try Bed.withDraft()
        #expect(bed.sequence.statistics.acceptedPerPosition == [1] + Array(repeating: 0, count: 16))
        try bed.send([20, 21, 22])
        bed.pass(own: [20, 21, 9])
        try bed.send([30, 31])
        bed.pass(own: [40])
        let long = Array<Token>(50..<70)
        try bed.send(long)
        bed.pass(own: long + [9])
        let statistics = bed.sequence.statistics
        #expect(statistics.acceptedPerPosition == [3, 2] + Array(repeating: 1, count: 14) + [4])
        #expect(statistics.acceptedPerPosition.reduce(0, +) == statistics.acceptedTokens)
    }

    @Test func aTokenBehindTheEndOfTheTextIsNotCounted() throws {
        var bed = try Bed.withDraft(limit: 4)
        try bed.send([20])
        bed.pass(own: [20, 21])
        #expect(bed.sequence.finish == .length)
        #expect(bed.sequence.statistics.acceptedPerPosition.reduce(0, +) == bed.sequence.statistics.acceptedTokens)
    }

    @Test func whatTheTargetAloneWouldTakeIsCountedForEachTokenBehindTheFirst() throws {
        var bed = Bed()
        bed.sequence.attachDraft()
        bed.pass(own: [10])
        #expect(bed.sequence.statistics.aloneMicroseconds == 0, "the prefill is no part of the generation")
        bed.pass(own: [11])
        try bed.send([20, 21, 22])
        bed.pass(own: [20, 21, 9])
        #expect(abs(Int(bed.sequence.statistics.aloneMicroseconds) - 4 * 80_000) <= 4)
        #expect(abs(Int(bed.sequence.statistics.generationMicroseconds) - 200_000) <= 4)
    }

    @Test func messagesOfTheDraftAreCountedByTheirBytes() {
        var bed = Bed()
        bed.sequence.count(blockOfBytes: 40)
        bed.sequence.count(blockOfBytes: 2)
        bed.sequence.count(verdictOfBytes: 30)
        #expect(bed.sequence.statistics.blockBytes == 42 && bed.sequence.statistics.verdictBytes == 30)
    }

    /// How each figure of a text that two targets wrote comes from those of its parts.
    @Test func figuresOfTwoPartsAreAddedOrTheLaterOnes() {
        let added: [WritableKeyPath<Statistics, Int>] = [
            \.generatedTokens, \.targetPasses, \.timedPasses, \.draftTokens, \.acceptedTokens, \.rounds, \.staleBlocks,
            \.missedBlocks, \.resumptions, \.judgedTokens, \.predictedTokens, \.pricedBlocks,
        ]
        let later: [WritableKeyPath<Statistics, Int>] = [\.promptTokens, \.reusedTokens]
        let addedTimes: [WritableKeyPath<Statistics, UInt64>] = [
            \.prefillMicroseconds, \.generationMicroseconds, \.passMicroseconds, \.draftingMicroseconds,
            \.waitedMicroseconds, \.aloneMicroseconds, \.blockBytes, \.verdictBytes,
        ]
        let laterTimes: [WritableKeyPath<Statistics, UInt64>] = [\.roundTripMicroseconds]
        let addedSums: [WritableKeyPath<Statistics, Double>] = [\.predictedAcceptances, \.prices]
        let laterSums: [WritableKeyPath<Statistics, Double>] = [\.draftTokenMicroseconds]
        let places = 1
        let known =
            added.count + later.count + addedTimes.count + laterTimes.count + addedSums.count + laterSums.count + places
        #expect(Swift.Mirror(reflecting: Statistics()).children.count == known, "every figure has its rule")

        var (first, second, whole) = (Statistics(), Statistics(), Statistics())
        for (index, path) in (added + later).enumerated() {
            (first[keyPath: path], second[keyPath: path]) = (index + 1, 100 * index + 7)
        }
        for (index, path) in (addedTimes + laterTimes).enumerated() {
            (first[keyPath: path], second[keyPath: path]) = (UInt64(index) + 1, 100 * UInt64(index) + 7)
        }
        for (index, path) in (addedSums + laterSums).enumerated() {
            (first[keyPath: path], second[keyPath: path]) = (Double(index) + 0.5, 100 * Double(index) + 0.25)
        }
        (first.acceptedPerPosition, second.acceptedPerPosition) = (Array(1...17), Array(101...117))
        whole.append(first)
        whole.append(second)
        // A target that was lost before it told anything.
        whole.append(Statistics())
        for path in added { #expect(whole[keyPath: path] == first[keyPath: path] + second[keyPath: path]) }
        for path in later { #expect(whole[keyPath: path] == second[keyPath: path]) }
        for path in addedTimes { #expect(whole[keyPath: path] == first[keyPath: path] + second[keyPath: path]) }
        for path in laterTimes { #expect(whole[keyPath: path] == second[keyPath: path]) }
        for path in addedSums { #expect(whole[keyPath: path] == first[keyPath: path] + second[keyPath: path]) }
        for path in laterSums { #expect(whole[keyPath: path] == second[keyPath: path]) }
        #expect(whole.acceptedPerPosition == zip(1...17, 101...117).map(+))
    }

    @Test func tokensTellThePassesThatTheyAreOf() throws {
        var bed = try Bed.withDraft()
        try bed.send([20, 21, 22])
        bed.pass(own: [20, 21, 9])
        try bed.send([30, 31])
        bed.pass(own: [40])
        try bed.send([50, 51])
        bed.pass(own: [50, 51, 52])
        var statistics = Statistics()
        statistics.count(bed.pieces.map(\.origin))
        let own = bed.sequence.statistics
        #expect(statistics.generatedTokens == own.generatedTokens && statistics.targetPasses == own.targetPasses)
        #expect(statistics.acceptedTokens == own.acceptedTokens && statistics.rounds == own.rounds)
        #expect(statistics.acceptedPerPosition == own.acceptedPerPosition)
        #expect(statistics.judgedTokens == own.judgedTokens)
        #expect(statistics.draftTokens == own.draftTokens - 1, "one behind a rejected one is not known")
    }

    @Test func aPassWithoutDraftTokensIsItsOwnMeasureOthersAreMeasuredByIt() {
        var meter = TargetMeter()
        #expect(meter.secondsAlone(rows: 5, drafted: 4, seconds: 0.02) == 0.02, "nothing is known yet")
        for count in 1...50 {
            meter.learn(rows: 1, prefill: 0, tokens: 1, seconds: 0.01, now: Double(2 * count))
            meter.learn(rows: 2, prefill: 0, tokens: 2, seconds: 0.012, now: Double(2 * count + 1))
        }
        #expect(meter.secondsAlone(rows: 1, drafted: 0, seconds: 0.011) == 0.011)
        #expect(abs(meter.secondsAlone(rows: 5, drafted: 4, seconds: 0.02) - 0.01) < 1e-4)
        // Another sequence's row is there alone too.
        #expect(abs(meter.secondsAlone(rows: 6, drafted: 4, seconds: 0.02) - 0.012) < 1e-4)
    }
}
