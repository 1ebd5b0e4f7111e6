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
}
