import Roles
import Speculation
import Testing

/// When the end of a pass is not waited for any more.
@Suite struct PassWatchTests {
    /// A process with a watch: its clock, the pages it has read, and what the watch has said.
    struct Process {
        var watch = PassWatch()
        var now: Seconds = 0
        var pageReads = 0
        /// How old the pass was when it was given up.
        var givenUp: Seconds?

        mutating func look() {
            if let age = self.watch.look(now: self.now, pageReads: self.pageReads), self.givenUp == nil {
                self.givenUp = age
            }
        }

        /// It runs, and looks four times a second.
        mutating func run(_ seconds: Seconds, readingPages: Bool = false) {
            for _ in 0..<Int(seconds * 4) {
                self.now += 0.25
                if readingPages { self.pageReads += 1 }
                self.look()
            }
        }

        mutating func pass(rows: Int, _ seconds: Seconds, readingPages: Bool = false) {
            self.watch.begin(rows: rows)
            let begin = self.now
            self.run(seconds, readingPages: readingPages)
            self.watch.end(seconds: self.now == begin ? seconds : self.now - begin)
        }

        /// Seconds after which a pass that hangs from now on is given up, by the clock.
        mutating func secondsUntilGivenUp(rows: Int = 1, most: Seconds = 10_000) -> Seconds? {
            self.watch.begin(rows: rows)
            let begin = self.now
            while self.givenUp == nil, self.now - begin < most { self.run(1) }
            return self.givenUp == nil ? nil : self.now - begin
        }
    }

    /// What passes have taken, by their rows; rows of the one that hangs; and for how long its end is waited for.
    static let cases: [(ended: [(rows: Int, seconds: Seconds)], rows: Int, patience: Seconds)] = [
        ([], 1, 600), ([], 256, 600),
        ([(1, 0.02)], 1, 60), ([(1, 0.02)], 8, 60),
        // A wide pass may take as long as its rows one by one.
        ([(1, 1)], 256, 2560),
        ([(20, 75), (1, 8)], 1, 750), ([(1, 7)], 1, 70),
        ([(256, 3)], 256, 60),
    ]

    @Test(arguments: 0..<Self.cases.count) func waitsAsLongAsPassesTeach(_ index: Int) throws {
        let (ended, rows, patience) = Self.cases[index]
        var process = Process()
        for pass in ended { process.pass(rows: pass.rows, pass.seconds) }
        process.run(700)
        #expect(process.givenUp == nil, "no pass runs")
        let given = process.secondsUntilGivenUp(rows: rows)
        let waited = try #require(given)
        #expect(abs(waited - patience) < 2, "\(waited)")
    }

    /// What may happen to a process in the midst of a healthy pass that takes a tenth of a second of its own.
    enum Interruption: CaseIterable {
        /// SIGSTOP and SIGCONT, or a machine that is suspended.
        case stoppedForMinutes, stoppedForAYear
        /// As by a control group that is frozen again and again.
        case stoppedAgainAndAgain
        /// Weights that are cold, or swapped out.
        case readsPagesForAnHour
        case clockGoesBack

        func happen(to process: inout Process) {
            switch self {
            case .stoppedForMinutes: process.now += 300
            case .stoppedForAYear: process.now += 365 * 86_400
            case .stoppedAgainAndAgain:
                for _ in 0..<50 {
                    process.now += 3600
                    process.look()
                }
            case .readsPagesForAnHour: process.run(3600, readingPages: true)
            case .clockGoesBack: process.now -= 5000
            }
            process.look()
        }
    }

    @Test(arguments: Interruption.allCases, [true, false])
    func aPassThatWasHeldUpIsNotGivenUp(_ interruption: Interruption, isFirst: Bool) throws {
        var process = Process()
        process.run(10)
        if !isFirst { process.pass(rows: 1, 0.1) }
        process.watch.begin(rows: 1)
        let begin = process.now
        interruption.happen(to: &process)
        #expect(process.givenUp == nil)
        // By the clock it took that long, and it teaches no such thing.
        process.watch.end(seconds: process.now - begin + 0.1)
        if interruption != .stoppedAgainAndAgain { process.pass(rows: 1, 0.1) }
        let given = process.secondsUntilGivenUp()
        let waited = try #require(given)
        let patience: Seconds = interruption == .stoppedAgainAndAgain ? 510 : 60
        #expect(abs(waited - patience) < 15, "\(waited)")
    }

    /// One that hangs is given up however often the process was stopped meanwhile.
    @Test func aPassThatHangsIsGivenUpAfterAStopToo() throws {
        var process = Process()
        process.pass(rows: 1, 0.1)
        process.watch.begin(rows: 1)
        process.run(30)
        process.now += 3600
        process.run(40)
        #expect(try #require(process.givenUp) < 62)
    }

    @Test func everyPassBeginsAnew() {
        var process = Process()
        for pass in 0..<100 {
            process.watch.begin(rows: 1)
            process.run(50)
            // One that failed teaches nothing.
            process.watch.end(seconds: pass == 0 ? 0.01 : nil)
        }
        #expect(process.givenUp == nil)
        #expect(process.watch.patience == 600)
    }
}
