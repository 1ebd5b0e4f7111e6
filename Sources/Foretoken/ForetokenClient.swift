internal import Executors
package import ForetokenLinks
internal import ForetokenWire
internal import Logging
internal import Speculation

/// Generates text with the targets and drafts of a coordinator, or of several that stand in for each other.
///
/// It keeps itself connected to all of them: when the one in use is lost or shuts down, calls go on at once at the next,
/// or at the same one when it is back, where they stopped, without a token missing or twice; after 30 s without any they
/// fail with `UNAVAILABLE`.
///
/// ```swift
/// let client = ForetokenClient(address: "tcp://127.0.0.1:7000")
/// try await client.connect()
/// let answer = try await client.complete("import Foundation", options: GenerationOptions(maxTokens: 64))
/// print(answer.text, answer.statistics.acceptanceRate)
/// await client.close()
/// ```
///
/// `withForetokenClient` does the first two lines and the last.
public actor ForetokenClient {
    /// Address of the coordinator; where there are several, with commas between.
    public nonisolated var address: String { self.addresses.joined(separator: ",") }
    /// Addresses of coordinators, the first to be asked first.
    public nonisolated let addresses: [String]
    nonisolated let loop: any Loop
    private let network: any Network
    /// Why it can never connect.
    private let fault: ForetokenError?
    private var logger = Logger(label: "foretoken.client")
    private var state: ClientState
    /// To each of the addresses, `nil` where one cannot be reached for yet; none before it connects, and once it is closed.
    private var links: [(any Link)?] = []
    private var isClosed = false
    private var alarm: LoopTimer?
    private var connecting: [UInt64: CheckedContinuation<ForetokenError?, Never>] = [:]
    private var nextConnecting: UInt64 = 0
    private var streams: [UInt64: Stream] = [:]
    private(set) var describing: [UInt64: CheckedContinuation<Result<Deployment, ForetokenError>, Never>] = [:]

    private struct Stream {
        let record: GenerationRecord
        let continuation: AsyncThrowingStream<Generation.Piece, any Error>.Continuation
        let span: TextSpan
    }

    public nonisolated var unownedExecutor: UnownedSerialExecutor { self.loop.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - address: of a coordinator, such as `tcp://127.0.0.1:7000`; or of several, with commas between.
    ///   - keys: the directory with this client's key and the list of members, as `foretoken keygen` makes it; `nil`:
    ///     nothing is encrypted, and coordinators of other machines are not reached.
    ///   - insecure: whether they are reached all the same, by what whoever is on the way can read and change.
    public init(address: String, keys: String? = nil, insecure: Bool = false) {
        self.init(addresses: Self.list(address), keys: keys, insecure: insecure)
    }

    /// - Parameters:
    ///   - addresses: of coordinators that stand in for each other; the first that answers is asked.
    ///   - keys: as with one address; so is `insecure`.
    public init(addresses: [String], keys: String? = nil, insecure: Bool = false) {
        do throws(LinkError) {
            self.init(addresses: addresses, network: try Self.network(keys: keys, insecure: insecure))
        } catch {
            self.init(addresses: addresses, network: ZeroMQNetwork(), fault: ForetokenError(error))
        }
    }

    private static func list(_ addresses: String) -> [String] {
        addresses.split(separator: ",", omittingEmptySubsequences: false)
            .map { String($0.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()) }
    }

    private static func network(keys: String?, insecure: Bool) throws(LinkError) -> ZeroMQNetwork {
        guard let keys else { return try ZeroMQNetwork(insecure ? .insecure : .loopback) }
        let keyring: Keyring
        do throws(KeysError) {
            keyring = try Keyring(keys, role: .client)
        } catch {
            throw .keys(error)
        }
        return try ZeroMQNetwork(.keys(keyring))
    }

    /// Does the same in the network that is given.
    package init(
        address: String, network: any Network, heartbeatMilliseconds: UInt32 = UInt32(Peer.heartbeat * 1000)
    ) {
        self.init(addresses: Self.list(address), network: network, heartbeatMilliseconds: heartbeatMilliseconds)
    }

    /// - Parameters:
    ///   - network: the one that the coordinators listen on.
    ///   - heartbeatMilliseconds: a coordinator frees what this client holds after nearly two of these without a word.
    ///   - fault: why it can never connect.
    package init(
        addresses: [String], network: any Network, heartbeatMilliseconds: UInt32 = UInt32(Peer.heartbeat * 1000),
        fault: ForetokenError? = nil
    ) {
        let noAddress = ForetokenError(
            .invalidArgument, "there is no address of a coordinator", wayOut: "give at least one")
        self.addresses = addresses
        self.fault = fault ?? (addresses.isEmpty ? noAddress : nil)
        self.network = network
        self.loop = network.makeLoop(name: "client")
        let name = Peer.newName(.client, of: network.identity)
        self.state = ClientState(
            addresses: addresses, peer: Peer(role: .client, name: name, heartbeatMilliseconds: heartbeatMilliseconds))
    }

    deinit {
        let links = self.links
        guard !links.isEmpty else { return }
        self.loop.execute { for link in links { link?.close() } }
    }

    /// Reaches the coordinator. The other calls do so by themselves; this one tells at once whether it is there.
    ///
    /// - Parameter timeout: how long to wait for an answer.
    /// - Throws: `UNAVAILABLE` when nobody answers; `FAILED_PRECONDITION` when a service other than a coordinator answers,
    ///   or one that speaks another version of the protocol; `INVALID_ARGUMENT` when an address is not valid, or the keys
    ///   are not.
    public func connect(timeout: Duration = .seconds(5)) async throws(ForetokenError) {
        try self.open()
        guard !self.state.isUp else { return }
        self.nextConnecting += 1
        let number = self.nextConnecting
        self.loop.schedule(at: self.loop.now + timeout.inSeconds) { [weak self] in
            self?.assumeIsolated { $0.finishConnecting(number, $0.state.unreachable) }
        }
        let error = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                self.connecting[number] = continuation
                if Task.isCancelled { self.finishConnecting(number, .cancelled) }
            }
        } onCancel: {
            self.loop.execute { [weak self] in self?.assumeIsolated { $0.finishConnecting(number, .cancelled) } }
        }
        if let error { throw error }
    }

    /// Begins to generate.
    ///
    /// - Parameters:
    ///   - prompt: a text to continue, a chat to answer, or tokens.
    ///   - options: how tokens are chosen, and when to stop.
    ///   - timeout: until the whole text must be there, or else it ends with `DEADLINE_EXCEEDED`; `nil`: for ever.
    /// - Returns: the text as it comes. Errors of the generation come out of its iteration.
    /// - Throws: as `connect` does; and `INVALID_ARGUMENT` for a prompt or options that make no sense.
    public func generate(
        _ prompt: Prompt, options: GenerationOptions = GenerationOptions(), timeout: Duration? = nil
    ) async throws(ForetokenError) -> Generation {
        var request = try options.request(prompt: prompt)
        let begin = self.loop.now
        try await self.reach()
        let deadline = timeout.map { begin + $0.inSeconds } ?? .infinity
        let span = TextSpan(&request)
        let (id, actions) = self.state.begin(.generate(request), deadline: deadline, now: self.loop.now)
        let (stream, continuation) = AsyncThrowingStream.makeStream(of: Generation.Piece.self)
        let record = GenerationRecord()
        // The lease keeps the client, so that a generation goes on though the client is forgotten.
        let lease = GenerationLease(stream: stream, record: record) {
            self.loop.execute { self.assumeIsolated { $0.cancel(id) } }
        }
        self.streams[id] = Stream(record: record, continuation: continuation, span: span)
        self.carryOut(actions)
        return Generation(record: record, offer: GenerationOffer(lease))
    }

    /// Begins to continue a text, as with `Prompt.text`.
    public func generate(
        _ prompt: String, options: GenerationOptions = GenerationOptions(), timeout: Duration? = nil
    ) async throws(ForetokenError) -> Generation {
        try await self.generate(.text(prompt), options: options, timeout: timeout)
    }

    /// Generates a whole text.
    ///
    /// - Throws: what `generate` and its iteration throw.
    public func complete(
        _ prompt: Prompt, options: GenerationOptions = GenerationOptions(), timeout: Duration? = nil
    ) async throws(ForetokenError) -> Completion {
        let generation = try await self.generate(prompt, options: options, timeout: timeout)
        var text = ""
        var tokens: [UInt32] = []
        var logProbabilities: [LogProbability] = []
        var iterator = generation.makeAsyncIterator()
        while let piece = try await iterator.next() {
            text += piece.text
            tokens.append(piece.token)
            if let logProbability = piece.logProbability { logProbabilities.append(logProbability) }
        }
        return Completion(
            text: text, tokens: tokens, finishReason: generation.finishReason ?? .length,
            statistics: generation.statistics,
            logProbabilities: options.logProbabilities == nil ? nil : logProbabilities)
    }

    /// Continues a text to its end, as with `Prompt.text`.
    public func complete(
        _ prompt: String, options: GenerationOptions = GenerationOptions(), timeout: Duration? = nil
    ) async throws(ForetokenError) -> Completion {
        try await self.complete(.text(prompt), options: options, timeout: timeout)
    }

    /// Asks the coordinator what it knows of its targets and drafts.
    ///
    /// - Throws: as `connect` does; `UNAVAILABLE` after 5 s without an answer; `CANCELLED` once the task is cancelled.
    public func describe() async throws(ForetokenError) -> Deployment {
        try await self.reach()
        let now = self.loop.now
        let (id, actions) = self.state.begin(.describe, deadline: now + ClientState.describing, now: now)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                self.describing[id] = continuation
                self.carryOut(actions)
                if Task.isCancelled { self.cancelDescription(id) }
            }
        } onCancel: {
            self.loop.execute { [weak self] in self?.assumeIsolated { $0.cancelDescription(id) } }
        }
        return try result.get()
    }

    /// Ends all calls with `CANCELLED`, and leaves the coordinator. A closed client stays closed.
    public func close() {
        self.isClosed = true
        self.carryOut(self.state.failAll(.closed))
        for number in Array(self.connecting.keys) { self.finishConnecting(number, .cancelled) }
        if let alarm { self.loop.cancel(alarm) }
        for link in self.links { link?.close() }
        self.links = []
    }

    // MARK: Carrying out

    /// Connects where that was not done yet. Nothing ends a call that would begin in a client that is closed.
    private func reach() async throws(ForetokenError) {
        if self.links.isEmpty { try await self.connect() }
        guard !self.isClosed else { throw .closed }
    }

    private func open() throws(ForetokenError) {
        guard !self.isClosed else { throw .closed }
        guard self.links.isEmpty else { return }
        if let fault { throw fault }
        var links: [(any Link)?] = []
        var errors: [(line: Int, error: LinkError)] = []
        for line in self.addresses.indices {
            do throws(LinkError) {
                links.append(try self.link(line))
            } catch {
                links.append(nil)
                errors.append((line, error))
            }
        }
        // One whose key is not listed leaves the others; one that is mistyped is to be noticed.
        if let fatal = errors.first(where: { !$0.error.isOfKeys }) ?? (errors.count == links.count ? errors.first : nil)
        {
            for link in links { link?.close() }
            throw ForetokenError(fatal.error)
        }
        self.links = links
        let now = self.loop.now
        self.carryOut(self.state.start(now: now))
        for (line, error) in errors {
            self.logger.warning(
                "Coordinator cannot be reached for",
                metadata: ["address": "\(self.addresses[line])", "reason": "\(error)"])
            self.carryOut(self.state.unusable(line, ForetokenError(error), now: now))
        }
    }

    private func link(_ line: Int) throws(LinkError) -> any Link {
        try self.network.connect(to: self.addresses[line], expecting: ExpectedPeer(.coordinator), on: self.loop) {
            [weak self] event in
            self?.assumeIsolated { $0.receive(event, from: line) }
        }
    }

    private func receive(_ event: LinkEvent, from line: Int) {
        let now = self.loop.now
        switch event {
        case .connected: self.carryOut(self.state.connected(line, now: now))
        case .disconnected: self.carryOut(self.state.disconnected(line, now: now))
        case .message(let envelope, _, _): self.carryOut(self.state.receive(envelope, from: line, now: now))
        case .unreachable(let reason): self.state.unreachable(line, reason)
        case .malformed, .unlisted: break
        }
    }

    private func cancelDescription(_ id: UInt64) {
        guard let continuation = self.describing.removeValue(forKey: id) else { return }
        self.carryOut(self.state.cancel(id))
        continuation.resume(returning: .failure(.cancelled))
    }

    private func cancel(_ id: UInt64) {
        if let stream = self.streams.removeValue(forKey: id) {
            stream.continuation.finish(throwing: ForetokenError.cancelled)
            stream.span.fail(.cancelled)
        }
        self.carryOut(self.state.cancel(id))
    }

    private func carryOut(_ actions: [ClientState.Action]) {
        for action in actions {
            switch action {
            case .send(let envelope, let line):
                guard self.links.indices.contains(line) else { continue }
                // Each greeting is another try; its key may be listed by now.
                if self.links[line] == nil, case .hello = envelope.body { self.links[line] = try? self.link(line) }
                if self.links[line]?.send(envelope, to: .only).isSent != true {
                    self.state.unsent(envelope, now: self.loop.now)
                }
            case .connected:
                for number in Array(self.connecting.keys) { self.finishConnecting(number, nil) }
            case .refused(let error):
                for number in Array(self.connecting.keys) { self.finishConnecting(number, error) }
            case .lost(let reason, let line):
                self.logger.warning(
                    "Coordinator lost", metadata: ["address": "\(self.addresses[line])", "reason": "\(reason)"])
            case .tokens(let pieces, let id, let statistics):
                self.streams[id]?.record.update(statistics)
                for piece in pieces { self.streams[id]?.continuation.yield(Generation.Piece(piece)) }
            case .finished(let pieces, let reason, let id, let statistics):
                guard let stream = self.streams.removeValue(forKey: id) else { continue }
                stream.record.update(statistics, finishReason: .init(rawValue: reason.rawValue))
                for piece in pieces { stream.continuation.yield(Generation.Piece(piece)) }
                stream.continuation.finish()
                stream.span.end(statistics)
            case .described(let description, let id):
                self.describing.removeValue(forKey: id)?.resume(returning: .success(Deployment(description)))
            case .failed(let error, let id):
                if let stream = self.streams.removeValue(forKey: id) {
                    stream.continuation.finish(throwing: error)
                    stream.span.fail(error)
                }
                self.describing.removeValue(forKey: id)?.resume(returning: .failure(error))
            }
        }
        self.setAlarm()
    }

    private func finishConnecting(_ number: UInt64, _ error: ForetokenError?) {
        self.connecting.removeValue(forKey: number)?.resume(returning: error)
    }

    private func setAlarm() {
        if let alarm { self.loop.cancel(alarm) }
        self.alarm = nil
        guard !self.links.isEmpty, self.state.nextTick < .infinity else { return }
        self.alarm = self.loop.schedule(at: self.state.nextTick) { [weak self] in
            self?.assumeIsolated { client in
                client.alarm = nil
                client.carryOut(client.state.tick(now: client.loop.now))
            }
        }
    }
}

extension Duration {
    var inSeconds: Double {
        let (seconds, attoseconds) = self.components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}
