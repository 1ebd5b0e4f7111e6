/// How a network's tcp links are protected; what stays in the process or the machine (`inproc`, `ipc`) is as it is.
public enum LinkSecurity: Sendable {
    /// They are not, and so stay on the loopback.
    case loopback
    /// They are not, though other machines are reached: whoever is on the way reads, writes and pretends.
    case insecure
    /// Encrypted, with members alone.
    case keys(Keyring)
}

/// What a network has to tell of its keys and of who was not let in.
public struct SecurityNews: Equatable, Sendable {
    /// Handshakes that were refused since they were last asked about, by reason.
    public var refused: [Refusal: Int] = [:]
    /// Whose handshake was refused last for each reason, for people.
    public var latest: [Refusal: String] = [:]
    /// Whether the list of members was read anew.
    public var isListNew = false
    /// Why the list of members cannot be read; the old one goes on.
    public var fault: KeysError?
    /// Addresses of peers that are not reached for, since the keys do not tell who is there, and why.
    public var unreachable: [String: KeysError] = [:]

    public enum Refusal: String, CaseIterable, Sendable {
        /// The key is not listed.
        case key
        /// No key, or not the key of whom it wants to reach.
        case handshake
    }

    public init() {}

    public var isEmpty: Bool { self == SecurityNews() }
}
