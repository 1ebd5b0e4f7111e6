internal import ForetokenWire
internal import Speculation
internal import Testing

@testable import Roles

@Suite struct GenerationJobTests {
    private static func place(since begin: Seconds) -> GenerationJob.Place {
        GenerationJob.Place(target: "target", call: 1, since: begin, draft: nil, rule: .off)
    }

    private static func job() -> GenerationJob {
        GenerationJob(
            client: PeerID([1]), call: 1, request: Request(prompt: "a"), rule: nil, deadline: .infinity, now: 0)
    }

    @Test func lossesThatHaveNothingToDoWithTheTextDoNotEndIt() {
        var job = Self.job()
        for hour in 1...5 {
            let begin = Double(hour) * 3600
            job.place = Self.place(since: begin)
            job.loseTarget("\(hour)", isSilent: false, now: begin + GenerationJob.innocence + 1)
            #expect(!job.isDangerous { _ in false })
        }
        job.place = Self.place(since: 40_000)
        for process in ["a", "b"] {
            #expect(!job.isDangerous { _ in false })
            job.loseTarget(process, isSilent: false, now: 40_001)
        }
        #expect(job.isDangerous { _ in false })
    }

    /// Losses of one text in turn, and which processes are there again after the last.
    struct Course: Sendable {
        let processes: [String]
        let silent: [Bool]
        let up: Set<String>
        let isDangerous: Bool

        init(_ processes: [String], silent: [Bool], up: Set<String> = [], isDangerous: Bool) {
            (self.processes, self.silent, self.up, self.isDangerous) = (processes, silent, up, isDangerous)
        }
    }

    static let courses: [Course] = [
        // One process, however often it is lost.
        Course(["a", "a", "a"], silent: [true, true, true], isDangerous: false),
        Course(["a", "a"], silent: [false, false], isDangerous: false),
        // Two that ended, one of them or both only cut off.
        Course(["a", "b"], silent: [false, false], isDangerous: true),
        Course(["a", "b"], silent: [false, false], up: ["a"], isDangerous: false),
        Course(["a", "b", "c"], silent: [false, false, false], up: ["a"], isDangerous: true),
        // Cut off or frozen one after the other, as in a network that has trouble.
        Course(["a", "b"], silent: [true, true], up: ["a"], isDangerous: false),
        Course(["a", "b", "a"], silent: [true, true, true], up: ["b"], isDangerous: false),
        Course(["a", "b"], silent: [true, true], isDangerous: true),
        Course(["a", "b"], silent: [true, false], up: ["a"], isDangerous: false),
        Course(["a", "b"], silent: [true, false], up: ["b"], isDangerous: false),
        // A stuck process speaks again once it is rid of the text.
        Course(["a", "b", "a", "b"], silent: [true, true, true, true], up: ["a", "b"], isDangerous: true),
        Course(["a", "b", "a"], silent: [true, true, true], up: ["a", "b"], isDangerous: false),
    ]

    @Test(arguments: courses) func onlyDistinctProcessesThatEndedOrWentSilentCount(_ course: Course) {
        var job = Self.job()
        job.place = Self.place(since: 0)
        for (process, isSilent) in zip(course.processes, course.silent) {
            job.loseTarget(process, isSilent: isSilent, now: 1)
        }
        #expect(job.isDangerous { course.up.contains($0) } == course.isDangerous)
        var next = Self.job()
        next.inherit(job)
        #expect(next.losses == job.losses)
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
