import CommandSupport
import Speculation

/// A change of one thing that a gain depends on.
enum Lever: String, CaseIterable, Sendable {
    case nearer
    case fasterDraft = "faster-draft"
    case betterDraft = "better-draft"
    case cheaperRows = "cheaper-rows"

    /// The gain with this changed, and all else as it is.
    func applied(to gain: ExpectedGain) -> ExpectedGain {
        var gain = gain
        switch self {
        case .nearer: gain.roundTrip = min(gain.roundTrip, Self.nearRoundTrip)
        case .fasterDraft: gain.draftToken = min(gain.draftToken / 2, gain.passTime.seconds(rows: 1) / 10)
        case .betterDraft: gain.acceptance = 1 - (1 - gain.acceptance) / 2
        case .cheaperRows: gain.passTime = gain.passTime.halfAsSteep
        }
        return gain
    }

    /// Of two processes on one machine, or two machines of one network.
    private static let nearRoundTrip: Seconds = 0.5e-3

    /// What is to be done, with the figures of now and then.
    func text(_ gain: ExpectedGain) -> String {
        let changed = self.applied(to: gain)
        func milliseconds(_ path: KeyPath<ExpectedGain, Seconds>) -> String {
            "\((changed[keyPath: path] * 1000).shortText) ms instead of \((gain[keyPath: path] * 1000).shortText) ms"
        }
        func rows(_ gain: ExpectedGain) -> String {
            (gain.passTime.seconds(rows: Self.rows) / gain.passTime.seconds(rows: 1)).text(1)
        }
        switch self {
        case .nearer: return "a draft next to the target: round trip \(milliseconds(\.roundTrip))"
        case .fasterDraft:
            return "a faster draft (a smaller one, fewer bits, more threads, a better machine): "
                + "\(milliseconds(\.draftToken)) a token"
        case .betterDraft:
            return "a draft that is wrong half as often (a larger one, or one trained for this target): "
                + "\((changed.acceptance * 100).text(0)) % accepted instead of \((gain.acceptance * 100).text(0)) %"
        case .cheaperRows:
            return "rows that cost the target half as much (another weight type, more threads, a GPU): a pass of "
                + "\(Self.rows) rows takes \(rows(changed)) times as long as one of 1, instead of \(rows(gain))"
        }
    }

    /// Rows of a usual block.
    private static let rows = 8
}

extension PassTime {
    /// Times that rise half as much with the rows.
    fileprivate var halfAsSteep: PassTime {
        let one = self.seconds(rows: 1)
        var time = PassTime()
        time.expect(
            (0..<10).map { 1 << $0 }.map { .init(rows: $0, seconds: one + (self.seconds(rows: $0) - one) / 2) })
        return time
    }
}
