internal import ForetokenWire
internal import Speculation
internal import Testing

@testable import Roles

@Suite struct GenerationJobTests {
    private static func place(since begin: Seconds) -> GenerationJob.Place {
        GenerationJob.Place(target: "target", call: 1, since: begin, draft: nil, rule: .off)
    }

    @Test func lossesThatHaveNothingToDoWithTheTextDoNotEndIt() {
        var job = GenerationJob(
            client: PeerID([1]), call: 1, request: Request(prompt: "a"), rule: nil, deadline: .infinity, now: 0)
        for hour in 1...5 {
            let begin = Double(hour) * 3600
            job.place = Self.place(since: begin)
            let goesOn = job.loseTarget(now: begin + GenerationJob.innocence + 1)
            #expect(goesOn)
        }
        job.place = Self.place(since: 40_000)
        let goesOn = job.loseTarget(now: 40_001)
        #expect(!goesOn)
    }

    /// What a target sends of tokens that the client has already is placed where the client is, whatever it holds.
    @Test(arguments: 0...3, [[], [7], [7, 8, 9, 10, 11]] as [[Token]])
    func theClientIsToldWhereItIs(index: Int, tokens: [Token]) throws {
        let request = Request(prompt: "a", committed: [7, 8, 9])
        var job = GenerationJob(
            client: PeerID([1]), call: 1, request: request, rule: nil, deadline: .infinity, now: 0)
        job.place = Self.place(since: 0)
        let pieces = tokens.map { Piece(token: $0, text: "x", origin: .plain) }
        let taken = job.take(Committed(index: index, pieces: pieces))
        let fresh = try #require(taken)
        #expect(fresh.index == 3)
        #expect(fresh.pieces.count == max(0, index + tokens.count - 3))
    }
}
