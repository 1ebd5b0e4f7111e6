internal import ForetokenWire
internal import OrderedCollections
internal import Speculation

/// What sequences have learned of the blocks of each draft under each rule. Whoever asks for ever other rules makes the
/// oldest give way.
struct Waitings: Sendable {
    private struct Kind: Hashable {
        var draft: PeerID
        var rule: LookaheadRule
    }

    /// The one kept last at the end.
    private var known: OrderedDictionary<Kind, Waiting> = [:]

    static let most = 256

    subscript(draft: PeerID, rule: LookaheadRule) -> Waiting? { self.known[Kind(draft: draft, rule: rule)] }

    mutating func keep(_ waiting: Waiting, of draft: PeerID, _ rule: LookaheadRule) {
        let kind = Kind(draft: draft, rule: rule)
        if self.known.removeValue(forKey: kind) == nil, self.known.count == Self.most { self.known.removeFirst() }
        self.known[kind] = waiting
    }

    mutating func forget(_ draft: PeerID) { self.known.removeAll { $0.key.draft == draft } }
}
