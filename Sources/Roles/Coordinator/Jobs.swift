internal import DequeModule
internal import ForetokenWire
internal import OrderedCollections
internal import Speculation

/// The requests at a coordinator, and what finds them: the queue of those that wait, and the calls of clients.
struct Jobs: Sendable {
    /// All requests, by number; numbers rise in order of arrival.
    private var all: [UInt64: GenerationJob] = [:]
    /// Requests that no target has, in order of arrival. One that a target had is before all that none had, for these came
    /// later.
    private(set) var waiting: Deque<UInt64> = []
    /// Sequences that want a draft and have none.
    var draftless = Draftless()
    /// Numbers by the call of a client.
    private var clients: [PeerID: [UInt64: UInt64]] = [:]
    /// Bytes of all requests, and of each client's: of all connections with one key, where there are keys.
    private(set) var bytes = 0
    private var clientBytes: [Client: Int] = [:]
    /// No deadline is earlier.
    private var nextDeadline: Seconds = .infinity

    var count: Int { self.all.count }
    /// Clients that have asked for any of them.
    var clientCount: Int { self.clients.count }

    /// In order of arrival.
    var ids: [UInt64] { self.all.keys.sorted() }

    /// For reading, and for changing in place one that is there.
    subscript(id: UInt64) -> GenerationJob? {
        get { self.all[id] }
        _modify { yield &self.all[id] }
    }

    func id(client: PeerID, call: UInt64) -> UInt64? { self.clients[client]?[call] }

    func bytes(of client: PeerID) -> Int { self.clientBytes[Client(client)] ?? 0 }

    private enum Client: Hashable {
        case key(String)
        case peer(PeerID)

        init(_ id: PeerID) {
            self = id.identity.map { .key($0.key) } ?? .peer(id)
        }
    }

    /// In order of arrival.
    func ids(of client: PeerID) -> [UInt64] { self.clients[client]?.values.sorted() ?? [] }

    /// Takes in a new job, which waits behind all others.
    mutating func add(_ job: GenerationJob, as id: UInt64) {
        self.all[id] = job
        self.clients[job.client, default: [:]][job.call] = id
        self.waiting.append(id)
        self.bytes += job.bytes
        self.clientBytes[Client(job.client), default: 0] += job.bytes
        self.nextDeadline = min(self.nextDeadline, job.deadline)
    }

    mutating func remove(_ id: UInt64) {
        guard let job = self.all.removeValue(forKey: id) else { return }
        if let index = self.waiting.firstIndex(of: id) { self.waiting.remove(at: index) }
        self.clients[job.client]?[job.call] = nil
        self.bytes -= job.bytes
        let client = Client(job.client)
        self.clientBytes[client, default: 0] -= job.bytes
        if self.clientBytes[client] == 0 { self.clientBytes[client] = nil }
        if self.clients[job.client]?.isEmpty == true { self.clients[job.client] = nil }
    }

    /// Gives the first that waits its place.
    mutating func placeFirst(at place: GenerationJob.Place) {
        let id = self.waiting.removeFirst()
        self.all[id]!.place = place
        self.all[id]!.placedAt = self.all[id]!.placedAt ?? place.since
    }

    /// Lets a job wait again, where its arrival places it: before all that no target had.
    mutating func requeue(_ id: UInt64, now: Seconds) {
        self.all[id]!.waitingSince = now
        self.waiting.insert(id, at: self.waiting.firstIndex { $0 > id } ?? self.waiting.endIndex)
    }

    /// Jobs whose deadline has passed, in order of arrival.
    mutating func overdue(now: Seconds) -> [UInt64] {
        guard now >= self.nextDeadline else { return [] }
        self.nextDeadline = self.all.values.lazy.map(\.deadline).filter { $0 > now }.min() ?? .infinity
        return self.all.lazy.filter { $0.value.deadline <= now }.map(\.key).sorted()
    }
}

/// Sequences that want a draft and have none, by their target; of each, those that have waited longest are first.
struct Draftless: Sendable {
    private var byTarget: OrderedDictionary<String, OrderedSet<UInt64>> = [:]

    var isEmpty: Bool { self.byTarget.isEmpty }
    var targets: [String] { Array(self.byTarget.keys) }
    var all: Set<UInt64> { Set(self.byTarget.values.joined()) }

    func first(at target: String) -> UInt64? { self.byTarget[target]?.first }

    mutating func append(_ id: UInt64, at target: String) { self.byTarget[target, default: []].append(id) }

    mutating func remove(_ id: UInt64, at target: String) {
        self.byTarget[target]?.remove(id)
        if self.byTarget[target]?.isEmpty == true { self.byTarget[target] = nil }
    }
}
