internal import CZeroMQ

/// What sockets of one process share: libzmq's own threads, and the names behind `inproc://`.
///
/// Every socket keeps its context alive, so the context ends after the last of them.
///
/// `@unchecked Sendable`: the handle never changes, and libzmq allows any thread to use a context.
public final class Context: @unchecked Sendable {
    let handle: UnsafeMutableRawPointer

    public init() {
        guard let handle = zmq_ctx_new() else {
            preconditionFailure("libzmq cannot make a context: \(ZeroMQError(last: "zmq_ctx_new"))")
        }
        self.handle = handle
    }

    deinit {
        while zmq_ctx_term(self.handle) != 0, zmq_errno() == EINTR {}
    }

    /// Version of the libzmq that is linked, such as `4.3.4`.
    public static var version: String {
        var (major, minor, patch) = (CInt(0), CInt(0), CInt(0))
        zmq_version(&major, &minor, &patch)
        return "\(major).\(minor).\(patch)"
    }
}
