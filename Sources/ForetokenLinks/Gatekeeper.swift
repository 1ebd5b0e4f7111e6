internal import Executors
internal import ForetokenWire
internal import Synchronization
internal import ZeroMQ

/// Lets members in, and keeps their list fresh, on a thread of its own. The services' loops hear of strangers only
/// that a connection was there.
final class Gatekeeper: Sendable {
    let keyring: Keyring
    private let doorman: Doorman
    private let news: NewsBox

    /// Seconds between two looks at the list.
    static let interval = 1.0

    init(_ keyring: Keyring, in context: Context) throws(ZeroMQError) {
        let (file, news) = (keyring.file, NewsBox())
        let loop = SocketLoop(name: "keys")
        self.keyring = keyring
        self.news = news
        self.doorman = try Doorman(in: context, on: loop, isListed: { file[$0] != nil }, tell: { news.take($0) })
        Self.look(at: file, news, every: loop)
    }

    /// Ends when the loop does.
    private static func look(at file: MembersFile, _ news: NewsBox, every loop: SocketLoop) {
        loop.schedule(at: loop.now + self.interval) { [weak loop] in
            news.take(file.look())
            if let loop { self.look(at: file, news, every: loop) }
        }
    }

    /// Who has a key now; `nil` where it is not listed any more.
    func member(_ key: String) -> Identity? { self.keyring.file[key] }

    func takeNews() -> SecurityNews { self.news.takeAll() }

    /// Takes how it went to find out who is at an address; told once for each reason.
    func note(_ error: KeysError?, at address: String) { self.news.note(error, at: address) }

    /// Takes a handshake that did not come as far as to show a key.
    func take(_ failure: SocketEvent.Failure) {
        switch failure {
        case .mechanism: self.news.note(.handshake, of: "somebody without keys")
        case .key: self.news.note(.handshake, of: "somebody who reaches for another key")
        case .protocol: self.news.note(.handshake, of: "somebody who does not speak the protocol")
        case .refused, .other: self.news.note(.handshake, of: "somebody who left, or was too slow")
        }
    }
}

/// What is not told yet.
private final class NewsBox: Sendable {
    private let state = Mutex(SecurityNews())
    /// Why addresses are not reached for, whether that was told or not.
    private let unreachable = Mutex<[String: KeysError]>([:])

    func note(_ error: KeysError?, at address: String) {
        let isKnown = self.unreachable.withLock { unreachable in
            defer { unreachable[address] = error }
            return unreachable[address] == error
        }
        if !isKnown { self.state.withLock { $0.unreachable[address] = error } }
    }

    func take(_ verdict: ZAP.Verdict) {
        switch verdict {
        case .allowed: break
        case .unlisted(let key, let address): self.note(.key, of: "\(key) at \(address)")
        case .malformed: self.note(.handshake, of: "unknown")
        }
    }

    func note(_ refusal: SecurityNews.Refusal, of peer: String) {
        self.state.withLock {
            $0.refused[refusal, default: 0] += 1
            $0.latest[refusal] = peer
        }
    }

    func take(_ change: MembersFile.Change) {
        self.state.withLock {
            switch change {
            case .none: break
            case .read: ($0.isListNew, $0.fault) = (true, nil)
            case .broken(let error): $0.fault = error
            }
        }
    }

    func takeAll() -> SecurityNews {
        self.state.withLock { state in
            guard !state.isEmpty else { return state }
            defer { state = SecurityNews() }
            return state
        }
    }
}
