/// Why a service refused a peer, or a message.
public enum RefusalReason: String, Sendable, CaseIterable {
    /// A handshake with a key that is not listed.
    case key
    /// A handshake without a key, or for somebody else.
    case handshake
    /// A greeting that the key does not allow, or that the service does not take.
    case hello
    /// A message that the sender's role may not send.
    case message
    /// A message from a peer whose key is not listed any more.
    case revoked
    /// A draft's message for a sequence that it was not given.
    case sequence
}
