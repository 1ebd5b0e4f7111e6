/// Why a target cannot go on, in words for people.
public struct TargetFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// How long its pass has lasted.
    public var seconds: Double

    public var description: String {
        "a pass of the model has not ended for \(Int(self.seconds)) s, far longer than any before: a GPU, or a server of "
            + "--rpc, does not answer any more"
    }
}
