internal import Speculation

/// What a recovery shall not exceed.
enum RecoveryAim {
    /// Longest pause of the worst text of 99 of 100 faults.
    case pause(Seconds)
    /// Longest time without a token in which a fault began, in times of that without a fault.
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

    /// - Parameter control: the same without a fault, where that was measured.
    /// - Returns: `nil` where no text was concerned, or nothing can be compared with.
    func isMet(by recovery: FaultRecovery, control: FaultRecovery?) -> Bool? {
        switch self {
        case .pause(let most): recovery.worstPauses.map { $0.p99 < most }
        case .gaps(let most):
            if let gaps = recovery.firstGaps, let without = control?.firstGaps {
                gaps.p99 <= most * without.p99
            } else {
                nil
            }
        }
    }

    var text: String {
        switch self {
        case .pause(let most): "< \(Numeral.plain(most)) s"
        case .gaps(let most): "≤ \(Numeral.plain(most)) x control"
        }
    }
}
