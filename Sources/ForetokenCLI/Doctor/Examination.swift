import Foretoken
import Measurement
import Speculation

/// What was measured of a deployment, as far as it tells whether drafting pays.
struct Examination: Sendable {
    /// A target or a draft.
    struct Member: Sendable {
        var address: String
        var model = ""
        var isReachable = true
        /// Why it is not used, where it is not.
        var reason = ""
        var vocabulary = Vocabulary()
        var slots = 0
        var execution: Deployment.Execution?

        struct Vocabulary: Equatable, Sendable {
            var size = 0
            var fingerprint: UInt64 = 0
        }

        /// The machine's name in the address: those of one name share its cores.
        var host: Substring {
            let place = self.address.split(separator: "@").last ?? ""
            let rest = place.firstRange(of: "://").map { place[$0.upperBound...] } ?? place
            guard !place.hasPrefix("inproc:") else { return "inproc" }
            return rest[..<(rest.lastIndex(of: ":") ?? rest.endIndex)]
        }
    }

    /// What a draft brings to a lone text of a target, by what both measured.
    struct Pair: Sendable {
        var target: String
        var draft: String
        var gain: ExpectedGain
    }

    var targets: [Member]
    var drafts: [Member]
    var pairs: [Pair] = []
    var sample = SampleFigures()
    /// Texts that others had written meanwhile.
    var otherTexts = 0
}

extension Examination {
    init(_ deployment: Deployment, sample: SampleFigures, otherTexts: Int) {
        self.targets = deployment.targets.map { Member($0) }
        self.drafts = deployment.drafts.map { Member($0) }
        self.sample = sample
        self.otherTexts = otherTexts
        self.pairs = deployment.drafts.filter(\.isReachable).flatMap { draft in
            draft.drafting.compactMap { drafting -> Pair? in
                guard drafting.roundTripSeconds > 0,
                    let target = deployment.targets.first(where: { $0.address == drafting.target && $0.isReachable }),
                    let costs = target.costs
                else { return nil }
                var passTime = PassTime()
                passTime.expect(costs.passTimes.map { .init(rows: $0.rows, seconds: $0.seconds) })
                return Pair(
                    target: target.address, draft: draft.address,
                    gain: ExpectedGain(
                        passTime: passTime, draftToken: drafting.draftTokenSeconds,
                        roundTrip: drafting.roundTripSeconds, acceptance: drafting.measuredAcceptance))
            }
        }
        // Which pair has written a text is not told: where there are several, each one's own report is all there is.
        if self.pairs.count == 1, let acceptance = sample.acceptance { self.pairs[0].gain.acceptance = acceptance }
    }
}

extension Examination.Member {
    fileprivate init(_ member: Deployment.Member) {
        self.init(
            address: member.address, model: member.model, isReachable: member.isReachable, reason: member.reason,
            vocabulary: Vocabulary(size: member.vocabularySize, fingerprint: member.vocabularyFingerprint),
            slots: member.load.slots, execution: member.execution)
    }
}
