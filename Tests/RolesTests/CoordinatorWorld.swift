internal import DequeModule
internal import ForetokenWire
internal import OrderedCollections
internal import Speculation

@testable import Roles
@testable import Speculation

/// A small fleet on which anything may happen: members come and go, refuse and forget, and clients change their minds.
struct CoordinatorWorld {
    struct Sequence {
        var number: UInt64
        /// Name of its draft, and the call that gave it; empty where it has none.
        var draft: String
        var assigning: UInt64
        /// Tokens that it has written.
        var count: Int
        var text: Text
    }

    /// What a client asked for: its tokens are 0, 1, 2, …
    struct Text {
        var client: PeerID
        var call: UInt64
        var length: Int
    }

    var bed: CoordinatorBed
    private var random: SplitMix64
    /// Listed, behind a name, registering; the last is another address of the first.
    private let targets = ["t0", "t1", "t2", "t3", "t4", "t5"]
    private let drafts = ["d0", "d1", "d2"]
    private static let listed = ["t0", "t1", "d0"]
    private static let named = ["t2", "t3"]
    private static let registering = ["t4", "t5", "d1", "d2"]
    /// As the state has them reached for.
    private(set) var members: Set<String> = []
    private var up: Set<String> = []
    /// Times that a process was started at an address.
    private var starts: [String: Int] = [:]
    private var registrations: [String: PeerID] = [:]
    private var lastRegistration: UInt8 = 100
    /// At the targets, by the number of the call.
    private(set) var live: [String: [UInt64: Sequence]] = [:]
    /// Slots of a target that another coordinator has.
    private var foreign: [String: Int] = [:]
    private var lengths: [PeerID: [UInt64: Int]] = [:]
    /// Tokens that a client has.
    private var received: [PeerID: [UInt64: Int]] = [:]
    private(set) var ends: [PeerID: [UInt64: Int]] = [:]
    /// Weights of the target that wrote what a client has.
    private var writers: [PeerID: [UInt64: UInt64]] = [:]
    private var nextCall: UInt64 = 0
    private var nextSequence: UInt64 = 0
    var faults: [String] = []

    static let slots = 2

    init(seed: UInt64) {
        self.random = SplitMix64(seed: seed)
        self.bed = CoordinatorBed(targets: ["t0", "t1"], drafts: ["d0"], mostWaiting: 8)
        self.bed.act { state, _ in state.list(name: "name", .target) }
        self.carryOut()
    }

    private mutating func below(_ bound: Int) -> Int { Int(self.random.next() % UInt64(bound)) }

    private mutating func any<Element>(_ elements: [Element]) -> Element? {
        elements.isEmpty ? nil : elements[self.below(elements.count)]
    }

    // MARK: What happens

    mutating func step() {
        self.bed.now += Double(self.below(100)) / 1000
        switch self.below(20) {
        case 0, 1, 2: self.ask()
        case 3: self.cancel()
        case 4: self.below(2) == 0 ? self.register() : self.unregister()
        case 12: if self.below(8) == 0 { self.loseClient() } else { self.resolve() }
        case 5: self.down(self.any(self.targets + self.drafts)!)
        case 6, 7: self.come(self.any(self.targets + self.drafts)!)
        case 8, 9: self.heartbeat(self.any(Array(self.up).sorted()))
        case 10: self.foreign[self.any(self.targets)!] = self.below(Self.slots + 1)
        case 11: self.loseADraft()
        default: self.write()
        }
        self.bed.act { $0.tick(now: $1) }
        self.carryOut()
    }

    /// Brings everything up, and asks for nothing more.
    mutating func finish() {
        self.foreign = [:]
        for _ in 0..<3 { self.bed.act { $0.resolved("name", to: Self.named, now: $1) } }
        self.carryOut()
        for _ in 0..<6000
        where self.bed.state.load.sequences + self.bed.state.load.waiting > 0 || !self.bed.state.fleet.isComplete {
            for member in self.targets + self.drafts where !self.up.contains(member) { self.come(member) }
            for member in self.up.sorted() { self.heartbeat(member) }
            self.bed.now += 0.1
            self.write()
            self.bed.act { $0.tick(now: $1) }
            self.carryOut()
        }
    }

    private mutating func ask() {
        let client = PeerID([UInt8(self.below(3))])
        // Sometimes for a text that it has a part of, and thinks lost.
        var call = self.nextCall + 1
        if self.below(5) == 0, let former = self.any(self.open(of: client)) {
            call = former
        } else {
            self.nextCall = call
        }
        let length = self.lengths[client]?[call] ?? self.below(12) + 1
        self.lengths[client, default: [:]][call] = length
        let has = (0..<(self.received[client]?[call] ?? 0)).map { Token($0) }
        self.bed.generate(
            call, client: client, committed: has, lookahead: self.below(4) == 0 ? .off : nil,
            timeout: self.below(3) == 0 ? UInt32(self.below(3000) + 1) : 0)
    }

    /// Calls of a client that have no end yet.
    private func open(of client: PeerID) -> [UInt64] {
        (self.lengths[client] ?? [:]).keys.filter { self.ends[client]?[$0] == nil }.sorted()
    }

    private mutating func cancel() {
        let client = PeerID([UInt8(self.below(3))])
        guard let call = self.any(self.open(of: client)) else { return }
        self.bed.act { $0.cancel(client: client, call: call, now: $1) }
    }

    private mutating func loseClient() {
        let client = PeerID([UInt8(self.below(3))])
        for call in self.open(of: client) { self.ends[client, default: [:]][call, default: 0] += 1 }
        self.bed.act { $0.lose(client: client, now: $1) }
    }

    private mutating func down(_ member: String) {
        if self.below(2) == 0 { self.starts[self.process(member), default: 0] += 1 }
        guard self.up.remove(member) != nil else { return }
        self.end(member)
        self.bed.act { $0.lost(member, reason: "silent", now: $1) }
    }

    private mutating func come(_ member: String) {
        guard self.members.contains(member), self.up.insert(member).inserted else { return }
        // Now and then a process is started anew with another model of the same name.
        let starts = self.starts[self.process(member)] ?? 0
        let model = CoordinatorBed.model(
            weights: starts % 4 == 3 ? 2 : 1, rounding: starts % 3 == 0 ? nil : UInt64(starts % 3))
        let peer = CoordinatorBed.peer(member, slots: Self.slots, name: self.name(member), model: model)
        self.bed.act { $0.reached(member, peer, now: $1) }
    }

    /// What a target has is lost with it; and targets miss a draft too.
    private mutating func end(_ member: String) {
        self.live[member] = nil
        for (target, calls) in self.live {
            for (call, sequence) in calls where sequence.draft.hasPrefix(member) {
                self.live[target]![call]!.draft = ""
            }
        }
    }

    private func process(_ member: String) -> String { member == "t5" ? "t0" : member }

    private func name(_ member: String) -> String {
        let process = self.process(member)
        return "\(process)'s \(self.starts[process] ?? 0)"
    }

    // MARK: Who is a member

    /// A process registers, or has been started anew and registers before it is missed.
    private mutating func register() {
        let member = self.any(Self.registering)!
        if self.below(4) == 0 {
            self.starts[self.process(member), default: 0] += 1
            self.live[member] = nil
        }
        self.lastRegistration = self.lastRegistration == 250 ? 101 : self.lastRegistration + 1
        let former = self.registrations.updateValue(PeerID([self.lastRegistration]), forKey: member)
        let refusal = self.bed.register(member, by: self.registrations[member]!, name: self.name(member))
        if let refusal { self.faults.append("\(member) is refused: \(refusal)") }
        self.carryOut()
        if let former { self.bed.act { $0.lose(client: former, now: $1) } }
    }

    private mutating func unregister() {
        let member = self.any(Self.registering)!
        guard let peer = self.registrations.removeValue(forKey: member) else { return }
        self.bed.act { $0.lose(client: peer, now: $1) }
    }

    private mutating func resolve() {
        let addresses = Self.named.filter { _ in self.below(2) == 0 }
        self.bed.act { $0.resolved("name", to: addresses, now: $1) }
    }

    private mutating func take(_ reaching: CoordinatorBed.Reaching) {
        switch reaching {
        case .connect(let member):
            if !self.members.insert(member).inserted { self.faults.append("\(member) is reached for twice") }
        case .disconnect(let member):
            if self.members.remove(member) == nil { self.faults.append("\(member) was not reached for") }
            self.up.remove(member)
            self.end(member)
        case .forget:
            self.faults.append("a registration was ended")
        }
    }

    private mutating func heartbeat(_ member: String?) {
        guard let member, self.members.contains(member) else { return }
        self.bed.hear(member, slots: Self.slots, sequences: self.busy(member))
    }

    private func busy(_ target: String) -> Int { (self.live[target]?.count ?? 0) + (self.foreign[target] ?? 0) }

    /// A sequence has no draft any more, or never had; the news may be of one that it had before.
    private mutating func loseADraft() {
        guard let target = self.any(self.targets), let call = self.any((self.live[target] ?? [:]).keys.sorted()) else {
            return
        }
        let sequence = self.live[target]![call]!
        let news = AssignRequest(sequence: sequence.number, draft: "", declined: self.below(2) == 0)
        if self.below(3) == 0 {
            let isStale = call != sequence.assigning
            return isStale ? self.bed.receive(.assign(news), call, from: target) : ()
        }
        self.live[target]![call]!.draft = ""
        self.bed.receive(.assign(news), sequence.assigning, from: target)
    }

    /// A target is told of a draft.
    private mutating func assign(_ request: AssignRequest, _ sent: CoordinatorBed.Sent) {
        guard self.below(8) > 0 else {
            self.bed.act { $0.undelivered(.full, to: sent.member, call: sent.call, now: $1) }
            return
        }
        let live = self.live[sent.member] ?? [:]
        guard let call = live.first(where: { $0.value.number == request.sequence })?.key else {
            return self.bed.receive(.status(Status(.notFound, "no such sequence")), sent.call, from: sent.member)
        }
        self.live[sent.member]![call]!.draft = request.draft
        self.live[sent.member]![call]!.assigning = sent.call
        self.bed.receive(.acknowledged, sent.call, from: sent.member)
    }

    /// A sequence goes on, or loses a message on the way, now and then.
    private mutating func write() {
        guard let target = self.any(self.targets), let call = self.any((self.live[target] ?? [:]).keys.sorted()) else {
            return
        }
        var sequence = self.live[target]![call]!
        let count = min(self.below(4), sequence.text.length - sequence.count)
        let tokens = (0..<count).map { Token(sequence.count + $0) }
        let isLost = self.below(40) == 0 && sequence.count + count < sequence.text.length
        let index = sequence.count
        sequence.count += count
        self.live[target]![call] = sequence
        let isOver = sequence.count == sequence.text.length
        if isOver { self.live[target]![call] = nil }
        guard !isLost else { return }
        let pieces = tokens.map { Piece(token: $0, text: "x", origin: .plain) }
        let committed = Committed(
            index: index, pieces: pieces, finish: isOver ? .length : nil, statistics: isOver ? Statistics() : nil)
        let told = self.bed.told.count
        self.bed.receive(.committed(committed), call, from: target)
        guard count > 0, self.bed.told.count > told else { return }
        self.writers[sequence.text.client, default: [:]][sequence.text.call] = self.weights(of: target)
    }

    /// As the coordinator knows them.
    private func weights(of target: String) -> UInt64? {
        self.bed.state.fleet.targets[target]?.peer?.model?.weightsFingerprint
    }

    // MARK: What the state wants done

    private mutating func carryOut() {
        while true {
            let (sent, told, reachings) = (self.bed.takeSent(), self.bed.takeTold(), self.bed.takeReachings())
            if sent.isEmpty && told.isEmpty && reachings.isEmpty { break }
            for reaching in reachings { self.take(reaching) }
            for told in told { self.take(told) }
            for sent in sent { self.take(sent) }
        }
        self.check()
    }

    private mutating func take(_ told: CoordinatorBed.Told) {
        let (client, call) = (told.client, told.call)
        if self.ends[client]?[call] != nil { self.faults.append("call \(call) goes on after its end") }
        switch told.body {
        case .status:
            self.ends[client, default: [:]][call, default: 0] += 1
        case .committed(let committed):
            let has = self.received[client]?[call] ?? 0
            let tokens = committed.pieces.map { Int($0.token) }
            if committed.index != has || tokens != Array(has..<has + tokens.count) {
                self.faults.append("call \(call): tokens \(tokens) at \(committed.index) behind \(has)")
            }
            self.received[client, default: [:]][call] = has + tokens.count
            guard committed.finish != nil else { return }
            self.ends[client, default: [:]][call, default: 0] += 1
            if has + tokens.count != self.lengths[client]![call]! { self.faults.append("call \(call) is cut short") }
        default:
            self.faults.append("a client is told \(told.body)")
        }
    }

    private mutating func take(_ sent: CoordinatorBed.Sent) {
        guard self.up.contains(sent.member) else {
            self.bed.act { $0.undelivered(.unreachable, to: sent.member, call: sent.call, now: $1) }
            return
        }
        switch sent.body {
        case .open(let request):
            guard let job = self.job(sent.call), let text = self.bed.state.jobs[job] else { return }
            if !request.request.committed.isEmpty,
                self.writers[text.client]?[text.call] != self.weights(of: sent.member)
            {
                self.faults.append("call \(text.call) goes on at \(sent.member) by another model")
            }
            guard self.busy(sent.member) < Self.slots else {
                return self.bed.receive(.status(Status(.resourceExhausted, "full")), sent.call, from: sent.member)
            }
            self.nextSequence += 1
            self.live[sent.member, default: [:]][sent.call] = Sequence(
                number: self.nextSequence, draft: request.draft, assigning: sent.call,
                count: request.request.committed.count,
                text: Text(client: text.client, call: text.call, length: self.lengths[text.client]![text.call]!))
            if self.below(20) > 0 { self.bed.open(sent, sequence: self.nextSequence) }
        case .cancel:
            self.live[sent.member]?[sent.call] = nil
        case .attach:
            self.bed.receive(
                self.below(6) == 0 ? .status(Status(.unavailable, "not now")) : .acknowledged, sent.call,
                from: sent.member)
        case .assign(let request):
            self.assign(request, sent)
        default:
            break
        }
    }

    private func job(_ call: UInt64) -> UInt64? {
        if case .open(let job) = self.bed.state.calls[call] { job } else { nil }
    }

    /// Calls of clients that have not exactly one end.
    var unended: [UInt64] {
        self.lengths.flatMap { client, calls in calls.keys.filter { self.ends[client]?[$0] != 1 } }.sorted()
    }
}
