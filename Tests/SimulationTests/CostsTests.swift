internal import Foundation
internal import TestSupport
internal import Testing

@testable import Simulation

@Suite struct CostsTests {
    @Test func aPassCostsWhatTheCurveSaysBetweenItsPointsAndBehindThem() throws {
        let costs = try Costs(Data(#"{"name":"x","pass":[[1,8],[2,16],[4,20]],"draftToken":0.5}"#.utf8))
        for (rows, milliseconds) in [(1, 8.0), (2, 16), (3, 18), (4, 20), (5, 22), (10, 32)] {
            #expect(abs(costs.pass(rows: rows) * 1e3 - milliseconds) < 1e-9, "\(rows)")
        }
        #expect(costs.draftToken == 0.0005 && costs.overhead == 0)
        #expect(try Costs(costs.data) == costs)
        let flat = try Costs(name: "y", curve: [(1, 0.01)], draftToken: 0.001)
        #expect(flat.pass(rows: 30) == 0.01)
    }

    @Test func aPassPaysForTheTokensInOtherSlotsInProportion() throws {
        let text = #"{"name":"x","pass":[[1,8],[5,16]],"crowd":{"cells":1000,"pass":[[1,10],[5,26]]},"draftToken":0.5}"#
        let costs = try Costs(Data(text.utf8))
        for (rows, cells, milliseconds) in [
            (1, 0, 8.0), (1, 1000, 10), (1, 500, 9), (5, 1000, 26), (5, 250, 18.5), (9, 2000, 60), (3, 1000, 18),
        ] {
            #expect(abs(costs.pass(rows: rows, cells: cells) * 1e3 - milliseconds) < 1e-9, "\(rows), \(cells)")
        }
        #expect(try Costs(costs.data) == costs)
        let odd = try Costs(
            name: "y", curve: [(1, 0.01)], crowd: .init(cells: 10, curve: [(1, 0.009)]), draftToken: 0.001)
        #expect(odd.pass(rows: 4, cells: 1000) == 0.01, "never less than alone")
    }

    @Test func aPassIsFiniteHoweverSteepTheCurveIs() throws {
        for (first, second) in [(1e-9, Costs.longest), (Costs.longest, 1e-9)] {
            let costs = try Costs(name: "x", curve: [(1, first), (2, second)], draftToken: 1)
            for rows in [0, 1, 2, 3, 65, .max] {
                #expect((1e-9...Costs.longest).contains(costs.pass(rows: rows)), "\(rows)")
                let crowd = Costs.Crowd(cells: 1, curve: [(1, second), (2, first)])
                let many = try Costs(name: "x", curve: costs.curve, crowd: crowd, draftToken: 1)
                #expect((1e-9...Costs.longest).contains(many.pass(rows: rows, cells: .max)), "\(rows)")
            }
        }
    }

    @Test(arguments: [
        (#"{"name":"x","pass":[[1,0]],"draftToken":1}"#, "times are above 0"),
        (#"{"name":"x","pass":[[1,-8]],"draftToken":1}"#, "times are above 0"),
        (#"{"name":"x","pass":[[1,8]],"draftToken":0}"#, "a draft token takes 0.0 ms"),
        (#"{"name":"x","pass":[[1,8]],"draftToken":-1}"#, "a draft token takes -1.0 ms"),
        (#"{"name":"x","pass":[[1,8]],"draftToken":1,"overhead":-1}"#, "the overhead of a round is -1.0 ms"),
        (#"{"name":"x","pass":[],"draftToken":1}"#, "there is no pass time"),
        (#"{"name":"x","pass":[[1,8]],"draftToken":1,"crowd":{"cells":0,"pass":[[1,8]]}}"#, "a crowd holds 0 tokens"),
        (#"{"name":"x","pass":[[1,8]],"draftToken":1,"crowd":{"cells":9,"pass":[]}}"#, "there is no pass time"),
        (#"{"name":"x","pass":[[1,8]],"draftToken":1,"crowd":{"cells":9,"pass":[[1]]}}"#, "a point of the pass times"),
        (#"{"name":"x","pass":[[2,8]],"draftToken":1}"#, "begin at 1"),
        (#"{"name":"x","pass":[[1,8],[1,9]],"draftToken":1}"#, "let rows rise"),
        (#"{"name":"x","pass":[[1,8,3]],"draftToken":1}"#, "a point of the pass times"),
        (#"{"name":"x","pass":[[1.5,8]],"draftToken":1}"#, "a point of the pass times"),
        (#"{"name":"x","pass":[[1,1e10]],"draftToken":1}"#, "up to 1e9"),
        (#"{"name":"x","pass":[[1,8]],"draftToken":1e300}"#, "a draft token takes 1e+300 ms"),
        (#"{"name":"x","pass":[[1,8]],"draftToken":1,"overhead":1e10}"#, "from 0 to 1e9"),
        ("nonsense", "these are not costs"), ("", "these are not costs"),
    ])
    func costsThatCannotBeAreRefusedWithTheReason(text: String, reason: String) {
        let error = #expect(throws: CostsError.self) { _ = try Costs(Data(text.utf8)) }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }
}
