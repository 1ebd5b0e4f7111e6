public import ForetokenWire
public import Speculation

extension TargetState {
    /// What the target is to do, in order.
    public enum Action: Sendable {
        /// Make tokens and an automaton of these, and report them as `prepared` with the ticket.
        case prepare(PromptForm, stop: [String], addsOwnStops: Bool, ticket: UInt64)
        /// Run a pass, and report its end as `passEnded`; there is never more than one at a time.
        case run([Part])
        /// Send a message, and report `sent` or `undelivered`.
        case send(Envelope.Body, to: PeerID, call: UInt64)
        /// Let a slot lose all it holds, behind the pass that runs.
        case empty(slot: Int)
        /// Report `alarm` at that instant.
        case wake(at: Seconds)
        /// Drop a peer, so that it has to greet again.
        case forget(PeerID)
        case log(Event)
    }

    /// What one sequence brings into a pass.
    public struct Part: Sendable {
        public var sequence: UInt64
        public var entry: PassEntry
    }

    /// What is worth a line in the log.
    public enum Event: Equatable, Sendable {
        case opened(sequence: UInt64, slot: Int, tokens: Int, reused: Int, RequestNames)
        /// With why it did not come to its own end; `nil` where it did.
        case closed(sequence: UInt64, slot: Int, RequestNames, error: Status.Code?, Statistics)
        /// A request came to no sequence with a slot; with why, `nil` where nothing was left to be written.
        case notOpened(RequestNames, error: Status.Code?)
        /// The draft that shall mirror a sequence has not greeted.
        case draftMissing(name: String)
        /// A draft does not take a sequence.
        case draftDeclined(PeerID, sequence: UInt64)
        case draftLost(PeerID, sequences: Int)
        case ownerLost(sequences: Int)
        /// Does not take its tokens.
        case ownerFull(PeerID)
        case messageRefused(sequence: UInt64, reason: String)
        /// A draft sends for a sequence that it was never given.
        case notItsSequence(PeerID, sequence: UInt64)
    }
}
