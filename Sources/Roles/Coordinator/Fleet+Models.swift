internal import ForetokenWire
internal import OrderedCollections
internal import Speculation

/// Which targets can take each other's place.
extension Fleet {
    /// Why texts that the other targets began could not go on at this one; `nil` where they could.
    ///
    /// Names and numbers of parameters say nothing: a copy of a model in another type of numbers, or one that was trained
    /// further, often has them too.
    func objection(toModelOf keyed: Keyed) -> String? {
        let peer = keyed.peer
        for target in self.targets.values {
            guard let known = target.peer, known.name != peer.name || target.key != keyed.key else { continue }
            guard let own = peer.model, own.weightsFingerprint != 0 else {
                return "it does not tell which weights it has; run the same release of foretoken everywhere"
            }
            guard let other = known.model, other.weightsFingerprint != 0 else {
                return "the target \(known.name) does not tell which weights it has; run the same release of foretoken "
                    + "everywhere"
            }
            if !own.writesAs(other) { return Self.difference(own, other) + Self.wayOut }
        }
        return nil
    }

    private static func difference(_ own: ModelDescription, _ other: ModelDescription) -> String {
        func words(_ model: ModelDescription) -> String { "\(model.name) of \(model.parameters) parameters" }
        if own.name != other.name || own.parameters != other.parameters {
            return "its model, \(words(own)), is not that of the other targets, \(words(other))"
        }
        if own.vocabularyFingerprint != other.vocabularyFingerprint {
            return "its model has the name of the other targets' model, \(words(own)), but another vocabulary"
        }
        return "its model has the name of the other targets' model, \(words(own)), but other weights: other types of "
            + "numbers, another training, or another head of the file"
    }

    private static let wayOut =
        ". It may have to replace them, and a coordinator serves one model: start every target with the same file, or give "
        + "this one a coordinator of its own"

    /// Whether a target rounds otherwise than the others, where it or they keep to exact passes.
    func roundsAlone(_ target: String) -> Bool {
        guard let own = self.targets[target] else { return false }
        return self.targets.contains { key, other in
            key != target && other.peer != nil && other.rounding != own.rounding
        }
    }
}

extension Fleet.Target {
    /// Digest of what its exact passes come to; `nil` where it keeps to none.
    var rounding: UInt64? { self.peer?.model?.rounding?.fingerprint }
}
