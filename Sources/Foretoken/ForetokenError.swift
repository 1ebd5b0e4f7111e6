internal import ForetokenLinks
internal import ForetokenWire

/// Why a call failed: a gRPC code, what happened, and the way out of it. Never holds a prompt's text.
public struct ForetokenError: Error, Equatable, Sendable, CustomStringConvertible {
    /// For programs: whether to try again, and what to change.
    public var code: Code
    /// What happened, in words for people.
    public var message: String
    /// What to do about it; may be empty.
    public var wayOut: String

    public init(_ code: Code, _ message: String, wayOut: String = "") {
        self.code = code
        self.message = message
        self.wayOut = wayOut
    }

    /// Message and way out in one line.
    public var description: String {
        switch (self.message.isEmpty, self.wayOut.isEmpty) {
        case (true, _): self.code.rawValue
        case (false, true): self.message
        case (false, false): "\(self.message): \(self.wayOut)"
        }
    }

    /// gRPC's codes, by name.
    public enum Code: String, Sendable, CaseIterable {
        /// The consuming task was cancelled, or the client closed.
        case cancelled = "CANCELLED"
        /// A code that this release does not know.
        case unknown = "UNKNOWN"
        /// The request cannot be served as it is: an empty prompt, a value out of range, a chat for a model whose template
        /// libllama does not know, an address that is not valid.
        case invalidArgument = "INVALID_ARGUMENT"
        /// The text was not whole within the call's `timeout`; its slots are free again.
        case deadlineExceeded = "DEADLINE_EXCEEDED"
        /// What is asked for is not there; these services do not use it towards clients.
        case notFound = "NOT_FOUND"
        /// Not used by these services.
        case alreadyExists = "ALREADY_EXISTS"
        /// Not used by these services.
        case permissionDenied = "PERMISSION_DENIED"
        /// Everything is busy, and the queue is full: try again later.
        case resourceExhausted = "RESOURCE_EXHAUSTED"
        /// The other side is not a coordinator, or speaks another version of the protocol.
        case failedPrecondition = "FAILED_PRECONDITION"
        /// The coordinator is leaving; the client waits for the next one by itself.
        case aborted = "ABORTED"
        /// The prompt is longer than the context of the target.
        case outOfRange = "OUT_OF_RANGE"
        /// The coordinator is of another release, and does not know what it is asked.
        case unimplemented = "UNIMPLEMENTED"
        /// The target's model failed.
        case internalError = "INTERNAL"
        /// No coordinator answers, or it has no target.
        case unavailable = "UNAVAILABLE"
        /// Not used by these services.
        case dataLoss = "DATA_LOSS"
        /// The coordinator was asked before it was greeted; the client greets by itself.
        case unauthenticated = "UNAUTHENTICATED"
    }
}

extension ForetokenError {
    /// What a service says names the way out itself.
    init(_ status: Status) {
        switch status.code {
        case .cancelled: self = .cancelled
        case .deadlineExceeded: self = .deadlineExceeded
        default: self.init(Code(rawValue: status.code.name) ?? .unknown, status.message)
        }
    }

    init(_ error: LinkError) {
        switch error {
        case .badAddress, .notHere, .unprotected, .keys: self.init(.invalidArgument, error.description)
        case .addressInUse, .failed: self.init(.unavailable, error.description)
        }
    }

    static let cancelled = Self(.cancelled, "the call was cancelled")
    static let closed = Self(.cancelled, "the client was closed", wayOut: "make another one")
    static let unanswered = Self(
        .unavailable, "the coordinator does not answer", wayOut: "is it still running, and not overloaded?")
    static let deadlineExceeded = Self(
        .deadlineExceeded, "the deadline has passed", wayOut: "allow more time, or ask for fewer tokens")
}
