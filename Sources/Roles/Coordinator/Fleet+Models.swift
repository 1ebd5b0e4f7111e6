internal import ForetokenWire
internal import OrderedCollections
internal import Speculation

/// Which targets can take each other's place.
extension Fleet {
    /// Why texts that the other targets began could not go on at this one; `nil` where they could.
    ///
    /// Names and numbers of parameters say nothing: a copy of a model in another type of numbers, or one that was trained
    /// further, often has them too. Targets that leave do not count, so that a fleet can change its model one by one; those
    /// that were lost count for a while, since most come back.
    ///
    /// - Parameter member: the address at which it answers. Whoever was there before does not come back, and nor does
    ///   whoever was at another address where somebody else answers now.
    func objection(toModelOf keyed: Keyed, at member: String, now: Seconds) -> String? {
        let peer = keyed.peer
        for (address, target) in self.targets where address != member {
            let mayReturn = self.aside[address] == nil
            guard let known = target.peer ?? (mayReturn ? target.lost(before: now, within: Self.returning) : nil),
                !target.load.isLeaving, known.name != peer.name || target.key != keyed.key
            else { continue }
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

    /// Seconds for which a lost target is expected back: as long as its texts wait for it.
    static let returning = CoordinatorState.patience

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

    /// The target with the largest share of free slots among those where a text goes on to the last bit as it would have
    /// at the one that began it.
    func chooseTarget(toFinish job: GenerationJob, now: Seconds) -> String? {
        guard let author = job.author, !job.request.committed.isEmpty else { return self.chooseTarget(now: now) }
        return self.chooseTarget(now: now) {
            $0.writes(as: author) && (author.rounding == nil || $0.rounding == author.rounding)
        }
    }

    /// Whether a target rounds otherwise than the others, where it or they keep to exact passes.
    func roundsAlone(_ target: String) -> Bool {
        guard let own = self.targets[target] else { return false }
        return self.targets.contains { key, other in
            key != target && other.peer != nil && other.rounding != own.rounding
        }
    }
}

extension Fleet.Target {
    /// Whether it would write the rest of a text as the target that began it, but perhaps for rounding.
    func writes(as author: GenerationJob.Author) -> Bool {
        guard let peer else { return false }
        // The same start of a process has the same model, whether it tells which or not.
        if peer.name == author.process, self.key == author.key { return true }
        return peer.model?.writesAs(author.model) == true
    }

    /// Digest of what its exact passes come to; `nil` where it keeps to none.
    var rounding: UInt64? { self.peer?.model?.rounding?.fingerprint }
}
