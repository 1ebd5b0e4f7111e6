internal import Speculation

/// What is done to a part.
public enum FaultKind: String, Codable, CaseIterable, Hashable, Sendable {
    /// SIGKILL; it is started again after a while.
    case kill
    /// SIGTERM, and started again once it has ended.
    case restart
    /// SIGSTOP, and SIGCONT after a while.
    case freeze
    /// Its network cable is pulled, and put back after a while.
    case cut
    /// What it sends is lost on the way, silently; it still receives.
    case cutOut = "cut-out"
    /// What is sent to it is lost on the way, silently; it still sends.
    case cutIn = "cut-in"
    /// The link becomes longer, and uneven.
    case delay
    /// The connections over the link are closed.
    case reset
    /// There is no room for logs, and there is something to log.
    case diskFull = "disk-full"
    /// The wall clock of the process is set forward or back.
    case clockStep = "clock-step"
    /// Nothing is done: what the same measurement finds without a fault.
    case control

    /// What it can befall.
    public var roles: [ChaosPart.Role] {
        switch self {
        case .kill, .restart, .freeze, .cut, .cutOut, .cutIn, .clockStep: [.target, .draft, .coordinator]
        case .delay, .reset: [.link]
        case .diskFull, .control: [.fleet]
        }
    }

    /// Whether it needs network namespaces of our own.
    public var needsNamespaces: Bool {
        switch self {
        case .cut, .cutOut, .cutIn, .diskFull: true
        case .kill, .restart, .freeze, .delay, .reset, .clockStep, .control: false
        }
    }

    /// How long it lasts, at least and at most: shorter and longer than silence takes to be noticed.
    var duration: ClosedRange<Seconds> {
        switch self {
        case .kill: 0.2...1.2
        case .restart, .reset: 0...0
        case .freeze, .cut, .cutOut, .cutIn: 0.3...2.5
        case .delay, .diskFull, .control: 0.4...1.2
        // It is noticed within a second.
        case .clockStep: 1.2...2
        }
    }
}
