import Roles
import Speculation
import Testing

/// When the end of a pass is not waited for any more.
@Suite struct PassWatchTests {
    /// Looks every quarter of a second, from `begin`, and returns for how long nothing was said.
    private func seconds(_ watch: inout PassWatch, from begin: Seconds, most: Seconds = 10_000) -> Seconds? {
        for tick in 0..<Int(most * 4) where watch.look(now: begin + Double(tick) / 4) != nil { return Double(tick) / 4 }
        return nil
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
        var watch = PassWatch()
        for pass in ended {
            watch.begin(rows: pass.rows)
            watch.end(seconds: pass.seconds)
        }
        #expect(self.seconds(&watch, from: 0, most: 700) == nil, "no pass runs")
        watch.begin(rows: rows)
        let waited = try #require(self.seconds(&watch, from: 1000))
        #expect(abs(waited - patience) < 1.5, "\(waited)")
    }

    /// A process that was stopped, or whose machine slept, finds its pass where it left it.
    @Test func timeInWhichNobodyLookedDoesNotCount() {
        var watch = PassWatch()
        watch.begin(rows: 1)
        watch.end(seconds: 0.1)
        watch.begin(rows: 1)
        for hour in 0..<50 { #expect(watch.look(now: 3600 * Double(hour)) == nil) }
        #expect(self.seconds(&watch, from: 200_000, most: 20) != nil, "but it hangs all the same")
    }

    @Test func everyPassBeginsAnew() {
        var watch = PassWatch()
        for pass in 0..<100 {
            watch.begin(rows: 1)
            #expect(self.seconds(&watch, from: 1000 * Double(pass), most: 50) == nil)
            // One that failed teaches nothing.
            watch.end(seconds: pass == 0 ? 0.01 : nil)
        }
        #expect(watch.patience == 600)
    }
}
