/// The terms on which a draft serves a target, as the coordinator decides them.
public struct PairTerms: Equatable, Sendable {
    /// The coordinator's address of the target.
    public var target: String
    /// What the draft is predicted to add to the speed of the target alone, as a share of it; below 0 it slows it down.
    public var gain: Double
    /// Most draft tokens in flight; `nil` for no bound.
    public var window: Int?
    /// Whether the draft is given sequences of this target.
    public var pays: Bool
    /// Whether both compute on the same cores, and so in turn: the draft does not run ahead.
    public var takesTurns: Bool

    public init(target: String, gain: Double, window: Int? = nil, pays: Bool, takesTurns: Bool = false) {
        self.target = target
        self.gain = gain
        self.window = window
        self.pays = pays
        self.takesTurns = takesTurns
    }
}
