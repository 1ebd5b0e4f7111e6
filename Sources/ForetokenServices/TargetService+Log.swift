internal import ForetokenEngine
internal import ForetokenWire
internal import Logging
internal import Roles
internal import Speculation
internal import Tracing

extension TargetModel {
    init(_ engine: TargetEngine) {
        self.init(
            slots: engine.slots, maxRows: engine.maxRows, contextLength: engine.description.contextLength,
            vocabularySize: engine.vocabulary.size, canRollBack: engine.canRollBack,
            exact: engine.description.rounding?.exact, bytes: { engine.vocabulary.pieces[Int($0)] },
            endOfGeneration: engine.vocabulary.endOfGeneration)
    }
}

extension TargetService {
    func tellRounding() {
        guard let rounding = self.engine.description.rounding else { return }
        self.settings.logger.info(
            "Passes that agree to the last bit",
            [
                .exact: rounding.exact.map { "\($0.least) to \($0.most) rows" } ?? "no",
                .agreeing: rounding.kinds.map { "\($0.lowerBound) to \($0.upperBound)" }.joined(separator: ", "),
                .distance: rounding.distance.map { "\($0)" } ?? "not measured", .price: "\(rounding.price)",
            ])
    }

    func log(_ event: TargetState.Event) {
        let logger = self.settings.logger
        switch event {
        case .opened(let sequence, let slot, let tokens, let reused, let names):
            guard logger.logLevel <= .debug else { return }
            logger.naming(names).debug(
                "Opened",
                [.sequence: "\(sequence)", .slot: "\(slot)", .tokens: "\(tokens)", .reused: "\(reused)"])
        case .closed(let sequence, let slot, let names, let error, let statistics):
            self.spans.end(names.trace, error: error?.name, SpanAttributes(statistics))
            guard logger.logLevel <= .debug else { return }
            logger.naming(names).debug("Closed", [.sequence: "\(sequence)", .slot: "\(slot)"])
        case .notOpened(let names, let error):
            self.spans.end(names.trace, error: error?.name)
        case .draftMissing(let name):
            logger.warning("Draft is not here; the target goes on alone", [.draft: name])
        case .draftDeclined(let draft, let sequence):
            logger.warning(
                "Draft does not take a sequence; it goes on with the target alone",
                [.peer: self.reception[draft]?.name ?? "", .sequence: "\(sequence)"])
        case .draftLost(let draft, let sequences):
            logger.warning(
                "Draft lost; its sequences go on with the target alone",
                [.peer: self.reception[draft]?.name ?? "", .sequence: "\(sequences)"])
        case .ownerLost(let sequences):
            logger.warning("Owner of sequences lost; slots freed", [.slot: "\(sequences)"])
        case .ownerFull(let owner):
            logger.warning("Owner does not take its tokens", [.peer: self.reception[owner]?.name ?? ""])
        case .messageRefused(let sequence, let reason):
            logger.warning("Block refused", [.error: reason, .sequence: "\(sequence)"])
        case .notItsSequence(let draft, let sequence):
            let name = draft.identity?.name ?? self.reception[draft]?.name ?? ""
            self.reception.refusals.count(.sequence, "\(name) for sequence \(sequence)")
        }
    }
}
