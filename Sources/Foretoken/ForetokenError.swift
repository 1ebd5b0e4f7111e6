internal import ForetokenLinks
internal import ForetokenWire

/// Why a call failed: a gRPC code, what happened, and the way out of it. Never holds a prompt's text.
public struct ForetokenError: Error, Equatable, Sendable, CustomStringConvertible {
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
        /// The consuming task was cancelled.
        case cancelled = "CANCELLED"
        case unknown = "UNKNOWN"
        /// The request cannot be served as it is: an empty prompt, one longer than the context, a value out of range.
        case invalidArgument = "INVALID_ARGUMENT"
        case deadlineExceeded = "DEADLINE_EXCEEDED"
        case notFound = "NOT_FOUND"
        case alreadyExists = "ALREADY_EXISTS"
        case permissionDenied = "PERMISSION_DENIED"
        /// Everything is busy, and the queue is full: try again later.
        case resourceExhausted = "RESOURCE_EXHAUSTED"
        /// The other side is no coordinator, or speaks another version of the protocol.
        case failedPrecondition = "FAILED_PRECONDITION"
        case aborted = "ABORTED"
        case outOfRange = "OUT_OF_RANGE"
        case unimplemented = "UNIMPLEMENTED"
        case internalError = "INTERNAL"
        /// Nobody answers.
        case unavailable = "UNAVAILABLE"
        case dataLoss = "DATA_LOSS"
        case unauthenticated = "UNAUTHENTICATED"
    }
}

extension ForetokenError {
    init(_ status: Status) {
        self.init(Code(rawValue: status.code.name) ?? .unknown, status.message)
    }

    init(_ error: LinkError) {
        self.init(.invalidArgument, error.description)
    }

    static let cancelled = Self(.cancelled, "the call was cancelled")
}
