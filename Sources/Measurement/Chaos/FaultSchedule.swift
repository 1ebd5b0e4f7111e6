public import Speculation

/// A fault that is going to be.
public struct FaultPlan: Codable, Equatable, Sendable {
    /// From 1 on.
    public var number: Int
    public var kind: FaultKind
    public var part: ChaosPart
    /// From its begin to its end.
    public var seconds: Seconds
    /// Calm behind it, once the deployment is whole again.
    public var rest: Seconds
}

/// Which faults come, in which order, for how long: a function of the seed.
///
/// The deck of all choices is shuffled and dealt out again and again, so that each comes as often as any other.
public struct FaultSchedule: Sendable {
    public let seed: UInt64
    public let choices: [FaultChoice]

    /// Parts of each role.
    private static let partsPerRole = 2

    /// - Parameter choices: at least one.
    public init(seed: UInt64, choices: [FaultChoice]) {
        precondition(!choices.isEmpty, "there are faults to choose from")
        self.seed = seed
        self.choices = choices
    }

    /// The first faults of the schedule.
    public func plans(count: Int) -> [FaultPlan] {
        var random = SplitMix64(seed: self.seed)
        var plans: [FaultPlan] = []
        plans.reserveCapacity(count)
        while plans.count < count {
            for choice in self.choices.shuffled(using: &random) {
                let number = choice.role == .fleet ? 0 : Int.random(in: 1...Self.partsPerRole, using: &random)
                let duration = choice.kind.duration
                let seconds = duration.lowerBound + (duration.upperBound - duration.lowerBound) * random.nextUnit()
                plans.append(
                    FaultPlan(
                        number: plans.count + 1, kind: choice.kind, part: ChaosPart(choice.role, number),
                        seconds: seconds,
                        rest: 0.5 + 0.7 * random.nextUnit()))
            }
        }
        return Array(plans.prefix(count))
    }
}
