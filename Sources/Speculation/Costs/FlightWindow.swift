/// Decides how far a sequence may run ahead of the verdict.
public enum FlightWindow {
    /// Most draft tokens in flight, whatever the distance.
    public static let most = 128

    /// As many tokens as the target writes until an answer to the last of them could be there, twice, and some blocks
    /// more. A draft with nothing else to do goes on as far as it may: where text repeats itself, the next blocks are as
    /// long as they can be.
    ///
    /// - Parameters:
    ///   - isIdle: whether the draft has nothing else to do.
    ///   - rate: tokens a second of the sequence, as far as it is known; the target alone is taken to write no less.
    ///   - roundTrip: seconds between draft and target, there and back.
    ///   - passTime: of the target; while nothing is known of it, only the blocks are left.
    public static func tokens(isIdle: Bool, rate: Double, roundTrip: Seconds, passTime: PassTime) -> Int {
        guard passTime.isKnown else { return 16 }
        guard !isIdle else { return Self.most }
        let pass = passTime.seconds(rows: 4)
        let inFlight = max(rate, 1 / passTime.seconds(rows: 1)) * (roundTrip + pass)
        guard inFlight.isFinite else { return Self.most }
        return min(16 + Int(min(max(2 * inFlight, 0), 1e6)), Self.most)
    }

    /// Most tokens of a block that is drafted ahead: as many as there is time for during a pass. A longer one would not be
    /// there at its end, and the target would have none of it.
    public static func block(passTime: PassTime, draftToken: Seconds?) -> Int {
        guard passTime.isKnown, let draftToken, draftToken > 0 else { return LookaheadRule.mostTokens }
        let tokens = passTime.seconds(rows: 1) / draftToken
        return min(max(Int(min(tokens, 1e6)), 2), LookaheadRule.mostTokens)
    }
}
