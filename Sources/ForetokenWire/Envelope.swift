public import Speculation

/// The one message that travels: one ZeroMQ frame.
public struct Envelope: Equatable, Sendable {
    /// Chosen by the caller, the same on every message of the call; 0 outside of calls.
    public var call: UInt64
    /// In a message that begins a call: how long the caller will wait; 0: for ever.
    public var timeoutMilliseconds: UInt32
    public var body: Body

    public init(call: UInt64 = 0, timeoutMilliseconds: UInt32 = 0, _ body: Body) {
        self.call = call
        self.timeoutMilliseconds = timeoutMilliseconds
        self.body = body
    }

    public enum Body: Equatable, Sendable {
        /// Ends the call.
        case status(Status)
        case hello(Hello)
        case welcome(Welcome)
        case ping(Ping)
        case pong(Pong)
        case cancel
        case acknowledged

        case open(OpenRequest)
        case opened(Opened)
        case committed(Committed)
        case assign(AssignRequest)
        case verdict(Verdict)

        case attach(AttachRequest)
        case mirror(MirrorRequest)
        case release(Release)
        case block(Block)
        case question(Question)
        case abstention(Abstention)

        case generate(GenerateRequest)
        case describe
        case description(Description)

        /// What a draft tells a target.
        public init(_ message: Mirror.Message) {
            switch message {
            case .block(let block): self = .block(block)
            case .question(let question): self = .question(question)
            case .abstention(let abstention): self = .abstention(abstention)
            }
        }
    }
}
