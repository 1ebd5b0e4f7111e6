public import Speculation

/// The events of a campaign, put together: what became of each request, and when each fault was.
public struct ChaosHistory: Sendable {
    /// A request from its begin to its end.
    public struct Story: Sendable {
        public struct Arrival: Sendable {
            public var at: Seconds
            /// Tokens that came together.
            public var count: Int
        }

        public var request: ChaosRequest
        public var begunAt: Seconds
        public var arrivals: [Arrival] = []
        public var tokens: [Token] = []
        public var endedAt: Seconds?
        public var end: ChaosEnd?

        /// Times without a token, from when the text was asked for to its end; a client that left waited no longer.
        ///
        /// - Parameter latest: how long a request without an end is known to have waited.
        func waits(until latest: Seconds) -> [(from: Seconds, to: Seconds)] {
            var points = [self.begunAt] + self.arrivals.map(\.at)
            if self.end?.status != "CANCELLED" { points.append(self.endedAt ?? latest) }
            return zip(points, points.dropFirst()).map { (from: $0, to: $1) }
        }
    }

    public struct Fault: Sendable {
        public var fault: ChaosFault
        public var begunAt: Seconds
        public var endedAt: Seconds?
        public var wholeAt: Seconds?
    }

    /// What one process held of the system, from time to time.
    struct Life: Sendable {
        var part: ChaosPart
        var uses: [(at: Seconds, use: ProcessUse)] = []
    }

    public private(set) var campaign: ChaosCampaign?
    /// When the latest event was.
    public private(set) var endedAt: Seconds = 0
    public private(set) var stories: [Story] = []
    /// In the order of their begin.
    public private(set) var faults: [Fault] = []
    /// Parts that ended though nobody had ended them.
    public private(set) var crashes: [(at: Seconds, process: ChaosProcess)] = []
    /// Parts that held sequences when nobody asked for any text.
    public private(set) var held: [(at: Seconds, process: ChaosProcess)] = []
    /// Faults after which the deployment did not become whole again.
    public private(set) var broken: [(at: Seconds, fault: ChaosFault)] = []

    /// One for each process that was started.
    private(set) var uses: [Life] = []

    /// - Parameter events: in the order of time.
    public init(_ events: some Sequence<ChaosEvent>) {
        var places: [Int: Int] = [:]
        var faults: [Int: Int] = [:]
        var lives: [ChaosPart: Int] = [:]
        for event in events {
            self.endedAt = max(self.endedAt, event.at)
            switch event.what {
            case .campaign(let campaign): self.campaign = campaign
            case .request(let request):
                places[request.id] = self.stories.count
                self.stories.append(Story(request: request, begunAt: event.at))
            case .tokens(let tokens):
                guard let place = places[tokens.request] else { continue }
                self.stories[place].arrivals.append(.init(at: event.at, count: tokens.tokens.count))
                self.stories[place].tokens += tokens.tokens
            case .end(let end):
                guard let place = places[end.request] else { continue }
                self.stories[place].endedAt = event.at
                self.stories[place].end = end
            case .fault(let fault):
                self.take(fault, at: event.at, &faults)
            case .process(let process):
                if process.phase == .crashed { self.crashes.append((event.at, process)) }
                if process.phase == .held { self.held.append((event.at, process)) }
                guard process.phase == .started else { continue }
                lives[process.part] = self.uses.count
                self.uses.append(Life(part: process.part))
            case .use(let use):
                guard let place = lives[use.part] else { continue }
                self.uses[place].uses.append((event.at, use.use))
            }
        }
    }

    private mutating func take(_ fault: ChaosFault, at now: Seconds, _ places: inout [Int: Int]) {
        if fault.phase == .begin {
            places[fault.number] = self.faults.count
            self.faults.append(Fault(fault: fault, begunAt: now))
            return
        }
        guard let place = places[fault.number] else { return }
        switch fault.phase {
        case .begin: break
        case .end: self.faults[place].endedAt = now
        case .whole: self.faults[place].wholeAt = now
        case .notWhole: self.broken.append((now, fault))
        }
    }

    /// The latest fault that had begun; `nil` before the first.
    func fault(at instant: Seconds) -> Int? {
        self.faults.last { $0.begunAt <= instant }?.fault.number
    }
}
