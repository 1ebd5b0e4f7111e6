public import ForetokenWire
public import Speculation

extension DraftState {
    /// What the draft is to do, in order.
    public enum Action: Sendable {
        /// Let the model draft, and report the end as `runEnded`; an order that is in the slot ends before.
        case begin(DraftOrder, Run, Sampler)
        /// End the order in a slot, if there is one, before its next step.
        case cancel(slot: Int)
        /// Let a slot without an order lose all it holds.
        case empty(slot: Int)
        case send(Envelope.Body, to: String)
        /// Answer a coordinator's call.
        case answer(Envelope.Body, to: Call)
        /// Greet the target at an address, now and again after every loss, and report `reached`, `refused`, `lost`. It has
        /// this public key, or is the one that is listed where the key is empty.
        case connect(String, key: String)
        case disconnect(String)
        case log(Event)
    }

    /// A run of the model for a mirror.
    public struct Run: Hashable, Sendable {
        /// Address of the target.
        public let target: String
        public let sequence: UInt64
        public let slot: Int
        let life: UInt64
    }

    /// What drafting for a sequence has come to.
    public struct Drafted: Equatable, Sendable {
        public internal(set) var tokens = 0
        public internal(set) var blocks = 0
        /// Time of the model.
        public internal(set) var seconds: Seconds = 0
        /// The latest measure; `nil` before the first.
        public internal(set) var roundTrip: Seconds?
    }

    /// Why a sequence is not mirrored.
    public enum Refusal: Error {
        /// The draft ends, or does not know the target any more.
        case stopping
        case slotsBusy
        case unknownTokens
        /// The rule drafts nothing.
        case noRule
    }

    /// What is worth a line in the log.
    public enum Event: Equatable, Sendable {
        case mirrors(target: String, sequence: UInt64, reused: Int, TraceParent?)
        case declined(target: String, sequence: UInt64, Refusal, TraceParent?)
        /// A sequence is not mirrored any more.
        case released(target: String, sequence: UInt64, Drafted, TraceParent?)
        /// Nobody has asked for it lately, and it does not answer.
        case dropped(target: String)
    }
}
