public import ForetokenWire
public import Speculation

extension CoordinatorState {
    /// What the owner of the state carries out, in order.
    public enum Action: Equatable, Sendable {
        case toClient(PeerID, call: UInt64, Envelope.Body)
        /// To a target or a draft, by its address.
        case toMember(String, call: UInt64, Envelope.Body)
        /// Reach for a target or a draft at an address, now and again after every loss, and report `reached` and `lost`.
        ///
        /// `key` is the one that it has shown; where it is `nil`, the member is known by its role.
        case connect(String, Role, key: String?)
        case disconnect(String)
        /// Have a peer greet again.
        case forget(PeerID)
        case count(Count)
        case log(Note)
    }

    /// What is counted.
    public enum Count: Equatable, Sendable {
        case opened(promptTokens: Int)
        /// Tokens leave for a client together, after a wait; `nil` where nobody has seen it.
        case left(tokens: Int, after: Pace.Wait?)
        case finished(FinishReason, after: Seconds)
        case failed(Status.Code)
        /// A sequence got another target, or another draft.
        case failedOver(Role)
        /// A text left exact passes for those of a target that rounds otherwise.
        case strayed
        case cost(Statistics, since: Statistics)
        /// A member has refused somebody or something.
        case refused(Role, RefusalReason, times: Int)
    }

    /// What is worth telling whoever runs the service.
    public enum Note: Equatable, Sendable {
        case joined(member: String, Role, Member.Source)
        case left(member: String)
        case reached(member: String, Peer)
        case lost(member: String, reason: String)
        case draftCannotWork(draft: String, target: String, reason: String)
        case noDraft(target: String, RequestNames)
        /// A draft is left out at a target but for a try now and then, and what was known of it then: the gain that is
        /// expected, as `PairTerms` tells it, and what its report tells.
        case draftDoesNotPay(draft: String, target: String, gain: Double, surplus: Double?, lookahead: Double)
        case draftPays(draft: String, target: String)
        case draftTakesOver(draft: String, target: String, RequestNames)
        /// A target rounds otherwise than the others, where it or they keep to exact passes.
        case roundsAlone(target: String)
        /// A text that was begun in exact passes goes on at a target that rounds otherwise.
        case strayed(target: String, RequestNames)
        case targetsLost(RequestNames)
        case tokensLost(target: String, RequestNames)
        case clientIsFull(call: UInt64, RequestNames)
        case clientLost(calls: Int)
        case ended(TextSummary)
    }
}
