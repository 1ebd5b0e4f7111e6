package import Speculation

/// How a target and a draft in one process use its cores.
package struct CoreSharing: Equatable, Sendable {
    /// Threads of a pass.
    package var target: Int
    package var draft: Int
    /// Whether one computes while the other rests, so that each may have all cores; else both compute at once, each with
    /// cores of its own.
    package var takesTurns: Bool

    package init(target: Int, draft: Int, takesTurns: Bool) {
        self.target = target
        self.draft = draft
        self.takesTurns = takesTurns
    }

    /// How many threads each may have at most, and how many cores there are.
    package struct Limits: Equatable, Sendable {
        package var cores: Int
        package var target: Int
        package var draft: Int

        package init(cores: Int, target: Int? = nil, draft: Int? = nil) {
            self.cores = max(1, cores)
            self.target = min(self.cores, target ?? self.cores)
            self.draft = min(self.cores, draft ?? self.target)
        }

        /// Numbers of threads that are worth a look: a small draft can be slower with all cores than with one.
        var draftCounts: [Int] { Set([1, self.draft]).sorted() }

        /// Whoever fits next to the other has no need to wait for it. In turn both have the same number of threads or one
        /// has a single one: OpenMP would end and begin threads at each switch between others.
        var candidates: [CoreSharing] {
            let inTurn = self.draftCounts.filter {
                self.target + $0 > self.cores && ($0 == 1 || $0 == self.target || self.target == 1)
            }.map { CoreSharing(target: self.target, draft: $0, takesTurns: true) }
            let sideBySide = self.draftCounts.filter { $0 < self.cores }.map {
                CoreSharing(target: min(self.target, self.cores - $0), draft: $0, takesTurns: false)
            }
            return inTurn + sideBySide
        }
    }

    /// What is taken to be the acceptance of two models before they have met, and the most that it may turn out to be: as
    /// of a coarser copy of the target, which gains nothing at the first.
    private static let acceptances = [0.75, 0.95]
    /// What is taken to be their round trip.
    private static let roundTrip: Seconds = 0.000_2
    /// Rows of the passes that are timed.
    private static let rows = [1, 4]

    /// The way that is predicted to write a lone text fastest; of equal ones, the one that would if nearly every draft token
    /// were accepted, and then to take turns, for so the target alone is faster too.
    ///
    /// Where the target could not be timed on all its threads, as on a machine that is busy at the moment, they take turns:
    /// such a moment must not decide for good.
    ///
    /// - Parameters:
    ///   - target: seconds of a pass of the target, by rows and threads, infinite where it could not be timed; it is asked
    ///     once for each.
    ///   - draft: seconds of a draft token, by threads.
    package static func fastest(
        _ limits: Limits, target: (_ rows: Int, _ threads: Int) -> Seconds, draft: (_ threads: Int) -> Seconds
    ) -> CoreSharing {
        var passTimes: [Int: PassTime] = [:]
        let usual = limits.candidates.filter(\.takesTurns).min { draft($0.draft) < draft($1.draft) }
        var best: (sharing: CoreSharing, rates: [Double])?
        for candidate in limits.candidates {
            let passTime =
                passTimes[candidate.target]
                ?? {
                    var passTime = PassTime()
                    passTime.expect(Self.rows.map { .init(rows: $0, seconds: target($0, candidate.target)) })
                    return passTime
                }()
            passTimes[candidate.target] = passTime
            guard passTime.isKnown else {
                if candidate.target == usual?.target { return usual! }
                continue
            }
            let token = draft(candidate.draft)
            let rates = Self.acceptances.map { acceptance in
                ExpectedGain(
                    passTime: passTime, draftToken: token, roundTrip: Self.roundTrip, acceptance: acceptance,
                    isOverlapped: !candidate.takesTurns
                ).ratio / passTime.seconds(rows: 1)
            }
            guard rates[0] > 0, best.map({ $0.rates.lexicographicallyPrecedes(rates) }) ?? true else { continue }
            best = (candidate, rates)
        }
        return best?.sharing ?? usual ?? limits.candidates.first
            ?? CoreSharing(target: limits.target, draft: 1, takesTurns: true)
    }
}
