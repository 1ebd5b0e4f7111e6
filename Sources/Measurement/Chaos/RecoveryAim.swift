internal import Speculation

/// What a recovery shall not exceed.
enum RecoveryAim {
    /// Longest pause of the worst text of 99 of 100 faults.
    case pause(Seconds)
    /// Longest time without a token of the worst text, in ordinary times.
    case gaps(Double)

    /// - Returns: `nil` where nothing was promised.
    static func of(_ choice: FaultChoice) -> Self? {
        switch (choice.kind, choice.role) {
        case (.kill, .draft): .gaps(1.5)
        case (.kill, .target), (.kill, .coordinator): .pause(1)
        case (.freeze, _), (.cut, _), (.cutOut, _), (.cutIn, _): .pause(1.5)
        default: nil
        }
    }

    /// - Returns: `nil` where no text was concerned.
    func isMet(by recovery: FaultRecovery) -> Bool? {
        switch self {
        case .pause(let most): recovery.worstPauses.map { $0.p99 < most }
        case .gaps(let most): recovery.worstGaps.map { $0.p99 <= most }
        }
    }

    var text: String {
        switch self {
        case .pause(let most): "< \(Numeral.plain(most)) s"
        case .gaps(let most): "≤ \(Numeral.plain(most)) x"
        }
    }
}
