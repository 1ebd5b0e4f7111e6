internal import ForetokenWire
internal import OrderedCollections
internal import Roles
internal import Speculation

/// The value of a gauge, as the coordinator knows it now.
struct Reading: Equatable {
    struct Label: Hashable {
        var name: String
        var value: String
    }

    var metric: Metric
    var labels: [Label] = []
    var value: Double
}

extension Reading {
    /// What a target tells of itself: the names are those that coordinators tell it by, without its label.
    static func target(_ load: Load, _ report: TargetReport?) -> [Reading] {
        [
            Reading(metric: .targetSlots, value: Double(load.slots)),
            Reading(metric: .targetSlotsBusy, value: Double(load.sequences)),
            Reading(metric: .targetKVUsage, value: Double(load.kvUsage)),
        ] + (report.map { Self.costs($0, []) } ?? [])
    }

    /// What a draft tells of itself.
    static func draft(_ load: Load, _ reports: [DraftReport]) -> [Reading] {
        [
            Reading(metric: .draftSlots, value: Double(load.slots)),
            Reading(metric: .draftSlotsBusy, value: Double(load.sequences)),
        ] + reports.flatMap { Self.drafting($0, [Label(name: "target", value: $0.target)]) }
    }

    /// All that is to be read off a coordinator's fleet. What nobody reports is not there.
    static func all(_ fleet: Fleet) -> [Reading] {
        var readings: [Reading] = []
        for (address, target) in fleet.targets {
            let labels = [Label(name: "target", value: address)]
            readings += Self.member(
                target.peer, target.load, labels, up: .targetUp, slots: .targetSlots, busy: .targetSlotsBusy)
            if target.peer != nil {
                readings.append(
                    Reading(metric: .targetKVUsage, labels: labels, value: Double(target.load.kvUsage)))
            }
            if let report = target.report { readings += Self.costs(report, labels) }
        }
        for (address, draft) in fleet.drafts {
            let labels = [Label(name: "draft", value: address)]
            readings += Self.member(
                draft.peer, draft.load, labels, up: .draftUp, slots: .draftSlots, busy: .draftSlotsBusy)
            for report in draft.reports {
                readings += Self.drafting(report, labels + [Label(name: "target", value: report.target)])
            }
        }
        return readings
    }

    private static func member(
        _ peer: Peer?, _ load: Load, _ labels: [Label], up: Metric, slots: Metric, busy: Metric
    ) -> [Reading] {
        guard let peer else { return [Reading(metric: up, labels: labels, value: 0)] }
        return [
            Reading(metric: up, labels: labels, value: 1),
            Reading(metric: slots, labels: labels, value: Double(peer.slots)),
            Reading(metric: busy, labels: labels, value: Double(load.sequences)),
        ]
    }

    private static func costs(_ report: TargetReport, _ labels: [Label]) -> [Reading] {
        [
            Reading(metric: .targetTokensPerSecond, labels: labels, value: report.tokensPerSecond),
            Reading(metric: .targetRows, labels: labels, value: report.rows),
        ]
            + report.passTime.map { point in
                let rows = Label(name: "rows", value: "\(point.rows)")
                return Reading(metric: .targetPassTime, labels: labels + [rows], value: point.seconds)
            }
    }

    private static func drafting(_ report: DraftReport, _ labels: [Label]) -> [Reading] {
        let values: [(Metric, Double)] = [
            (.lookahead, report.lookahead), (.price, report.price), (.draftToken, report.draftToken),
            (.predictedAcceptance, report.predictedAcceptance), (.measuredAcceptance, report.measuredAcceptance),
        ]
        var readings = values.map { Reading(metric: $0, labels: labels, value: $1) }
        if let roundTrip = report.roundTrip {
            readings.append(Reading(metric: .roundTrip, labels: labels, value: roundTrip))
        }
        return readings
    }
}
