internal import Testing

@testable import Roles

@Suite struct PaceTests {
    @Test func theFirstTokenIsWaitedForFromTheRequestOn() {
        var pace = Pace(askedAt: 10)
        #expect(pace.leave(at: 12) == .forFirst(2))
        #expect(pace.leave(at: 12.5) == .forNext(0.5))
        #expect(pace.leave(at: 12.5) == .forNext(0))
    }

    @Test func aResumedTextHasNoFirstToken() {
        var pace = Pace(askedAt: 10, isResumed: true)
        #expect(pace.leave(at: 12) == nil)
        #expect(pace.leave(at: 13) == .forNext(1))
    }
}
