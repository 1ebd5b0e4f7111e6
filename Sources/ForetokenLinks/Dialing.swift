internal import ForetokenWire
internal import ZeroMQ

/// What a connecting link needs to reach for its peer, now and again.
struct Dialing {
    /// Finds the addresses where the peer has a name for its own.
    let resolver: Resolver
    /// Tells who is to be reached; `nil` where there are no keys.
    let identify: () throws(LinkError) -> Identity?
    /// Makes a socket that reaches for an address, and there for nobody else.
    let open: (_ address: String, _ server: Identity?) throws(LinkError) -> Socket
}
