public import Speculation

/// Requests of one arm, without pause; when they have ended, the next window begins.
public struct LoadWindow: Equatable, Sendable {
    public var arm: LoadArm
    /// Place of its first prompt among all.
    public var position: Int
    public var bound: LoadBound
    /// Time at its beginning that is not counted.
    public var warmUp: Seconds
    /// Whether it is more than warm-up.
    public var isCounted: Bool
    /// Seed of its arrivals.
    public var seed: UInt64
}

/// The windows of a run: one; or, in a comparison, pairs of which each side sends the same prompts.
///
/// Which arm begins changes from pair to pair, so that neither a machine that slows down nor a server that remembers
/// prompts favours one. The second of a pair sends as many requests as the first one did.
public struct LoadPlan: Equatable, Sendable {
    public let bound: LoadBound
    public let warmUp: Seconds
    public let isComparison: Bool
    public let seed: UInt64
    private var made = 0
    /// The arm that began the pair at hand.
    public private(set) var firstArm = LoadArm.asked
    private var position = 0

    /// Sizes of the windows that count, of each arm.
    private let parts: [LoadBound]

    public init(bound: LoadBound, warmUp: Seconds, isComparison: Bool, seed: UInt64) {
        self.bound = bound
        self.warmUp = warmUp
        self.isComparison = isComparison
        self.seed = seed
        self.parts = isComparison ? Self.split(bound) : [bound]
    }

    /// - Parameter begun: how many requests the window before began; `nil` before the first.
    public mutating func next(after begun: Int?) -> LoadWindow? {
        let warmUps = self.isComparison && self.warmUp > 0 ? 2 : 0
        let number = self.made
        guard number < warmUps + self.parts.count * (self.isComparison ? 2 : 1) else { return nil }
        self.made += 1
        guard self.isComparison else {
            return LoadWindow(
                arm: .asked, position: 0, bound: self.bound, warmUp: self.warmUp, isCounted: true, seed: self.seed)
        }
        let pair = number / 2
        let isSecond = number % 2 == 1
        if !isSecond { self.position += begun ?? 0 }
        self.firstArm = pair % 2 == 0 ? .asked : .off
        let bound: LoadBound =
            if isSecond { .requests(begun ?? 0) } else if number < warmUps { .seconds(self.warmUp / 2) } else {
                self.parts[(number - warmUps) / 2]
            }
        return LoadWindow(
            arm: isSecond ? (self.firstArm == .asked ? .off : .asked) : self.firstArm, position: self.position,
            bound: bound,
            warmUp: 0, isCounted: number >= warmUps, seed: self.seed &+ UInt64(pair))
    }

    /// An even number of parts where there is enough to do, so that each arm begins as often as the other.
    private static func split(_ bound: LoadBound) -> [LoadBound] {
        switch bound {
        case .requests(let count):
            let parts = count >= 16 ? 4 : min(2, count)
            return (0..<parts).map { .requests(count * ($0 + 1) / parts - count * $0 / parts) }
        case .seconds(let seconds):
            let parts = max(2, min(10, Int(seconds / 20) * 2))
            return Array(repeating: .seconds(seconds / Double(2 * parts)), count: parts)
        }
    }
}
