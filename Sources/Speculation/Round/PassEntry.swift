/// One sequence's part of a pass.
public struct PassEntry: Sendable {
    public var slot: Int
    public var pass: TargetSequence.Pass
    public var sampler: Sampler
    public var detail: Sampler.Detail
    /// How many of the most probable tokens each choice shall tell besides its own probability; `nil`: neither.
    public var likelihoods: Int?
    /// What the slot begins with, copied before any slot of the pass is rolled back.
    public var source: SlotSource?

    public init(
        slot: Int, pass: TargetSequence.Pass, sampler: Sampler, detail: Sampler.Detail = [],
        likelihoods: Int? = nil, source: SlotSource? = nil
    ) {
        self.slot = slot
        self.pass = pass
        self.sampler = sampler
        self.detail = detail
        self.likelihoods = likelihoods
        self.source = source
    }
}
