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
    /// - Parameter descriptions: as the coordinator told them in the course of the sample, the last one at its end; at least
    ///   one.
    init(_ descriptions: [Deployment], sample: SampleFigures, otherTexts: Int) {
        let deployment = descriptions.last!
        self.targets = deployment.targets.map { Member($0) }
        self.drafts = deployment.drafts.map { Member($0) }
        self.sample = sample
        self.otherTexts = otherTexts
        self.pairs = deployment.drafts.filter(\.isReachable).flatMap { draft in
            draft.drafting.compactMap { Pair(draft: draft.address, target: $0.target, descriptions) }
        }
        // Which pair has written a text is not told: where there are several, each one's own report is all there is.
        if self.pairs.count == 1, let acceptance = sample.acceptance { self.pairs[0].gain.acceptance = acceptance }
    }
}

extension Examination.Pair {
    /// Takes the middle of what was told in the course of the sample: each report tells of the latest passes alone, and
    /// what else a machine does comes and goes.
    fileprivate init?(draft: String, target: String, _ descriptions: [Deployment]) {
        let costs = descriptions.compactMap { description in
            description.targets.first { $0.address == target && $0.isReachable }?.costs
        }
        let reports = descriptions.compactMap { description in
            description.drafts.first { $0.address == draft }?.drafting.first { $0.target == target }
        }
        func middle(_ figure: (Deployment.Drafting) -> Double) -> Double? {
            median(reports.map(figure).filter { $0 > 0 })
        }
        var points: [Int: [Seconds]] = [:]
        for point in costs.flatMap(\.passTimes) { points[point.rows, default: []].append(point.seconds) }
        guard !points.isEmpty, let draftToken = middle(\.draftTokenSeconds), let roundTrip = middle(\.roundTripSeconds),
            let last = reports.last
        else { return nil }
        var passTime = PassTime()
        passTime.expect(points.sorted { $0.key < $1.key }.map { .init(rows: $0.key, seconds: median($0.value)!) })
        self.init(
            target: target, draft: draft,
            gain: ExpectedGain(
                passTime: passTime, draftToken: draftToken, roundTrip: roundTrip, acceptance: last.measuredAcceptance,
                isOverlapped: last.terms?.takesTurns != true))
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
