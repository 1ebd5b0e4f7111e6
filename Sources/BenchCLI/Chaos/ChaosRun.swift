import CommandSupport
import Foretoken
import Measurement
import OpenAIClient

/// A campaign: clients ask for texts without a pause, while one fault after the other befalls the deployment.
struct ChaosRun: Sendable {
    let plans: [FaultPlan]
    /// Most faults at once.
    let overlap: Int
    let texts: [ChaosText]
    let clients: Int
    let httpClients: Int
    let seed: UInt64
    let fleet: ChaosFleet
    let recorder: HistoryRecorder

    /// Seconds without a word after which a client of HTTP asks another server.
    private static let patience = 1.0
    /// Seconds until the first fault: by then texts are under way.
    private static let leadIn = 1.0
    /// Seconds that the last texts may take once the faults are over.
    private static let drain = 90.0
    /// Seconds after the last text by which all slots are to be free.
    private static let settling = 5.0

    /// Seconds between two looks at what the processes hold of the system.
    private static let lookInterval = 5.0

    /// - Parameter progress: called after each fault.
    func run(progress: @escaping @Sendable () -> Void) async throws {
        let isOver = Latch<Bool>()
        let coordinators = await self.fleet.coordinators
        let servers = try await self.fleet.http.map { try OpenAIAddress($0) }
        let model = try await OpenAIClient(servers[0], key: nil).models(timeout: .seconds(10)).first ?? ""
        let keys = self.fleet.settings.keys?.client
        let watcher = Task {
            while true {
                await self.fleet.recordUse()
                try await Task.sleep(for: .seconds(Self.lookInterval))
            }
        }
        defer { watcher.cancel() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...max(1, self.clients + self.httpClients) {
                let way: ChaosRequest.Way = number <= self.clients ? .sdk : .http
                let client = ChaosClient(
                    number: number, way: way, texts: self.texts, seed: self.seed, recorder: self.recorder)
                group.addTask {
                    switch way {
                    case .sdk:
                        let sdk = ForetokenClient(
                            address: coordinators.rotated(by: number).joined(separator: ","), keys: keys,
                            insecure: keys == nil)
                        await client.run(with: sdk, until: { isOver.value != nil })
                        await sdk.close()
                    case .http:
                        let resuming = ResumingClient(
                            servers.rotated(by: number), key: nil, patience: .seconds(Self.patience))
                        await client.run(with: resuming, model: model, until: { isOver.value != nil })
                    }
                }
            }
            do {
                try await self.makeFaults(progress: progress)
            } catch {
                group.cancelAll()
                throw error
            }
            isOver.set(true)
            // Those that come to no end are told by the checker.
            group.addTask {
                try await Task.sleep(for: .seconds(Self.drain))
                throw TimedOut()
            }
            do {
                for _ in 0..<(self.clients + self.httpClients) { try await group.next() }
            } catch is TimedOut {}
            group.cancelAll()
        }
        try await self.fleet.recordHeld(after: Self.settling)
    }

    private struct TimedOut: Error {}

    private func makeFaults(progress: @escaping @Sendable () -> Void) async throws {
        try await Task.sleep(for: .seconds(Self.leadIn))
        let turns = FaultTurns(self.plans)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<self.overlap {
                group.addTask {
                    while let plan = await turns.next() {
                        try await self.fleet.befall(plan)
                        await turns.finish(plan)
                        progress()
                        try await Task.sleep(for: .seconds(plan.rest))
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}

/// Deals out faults so that those under way at once never befall all parts of a role.
private actor FaultTurns {
    private var waiting: [FaultPlan]
    private var current: [FaultPlan] = []
    private var idle: [CheckedContinuation<Void, Never>] = []

    init(_ plans: [FaultPlan]) {
        self.waiting = plans
    }

    /// - Returns: `nil` once all have been dealt out.
    func next() async -> FaultPlan? {
        while !self.waiting.isEmpty {
            if let place = self.waiting.firstIndex(where: { plan in !self.current.contains { $0.excludes(plan) } }) {
                self.current.append(self.waiting[place])
                return self.waiting.remove(at: place)
            }
            await withCheckedContinuation { self.idle.append($0) }
        }
        return nil
    }

    func finish(_ plan: FaultPlan) {
        self.current.removeAll { $0.number == plan.number }
        let idle = self.idle
        self.idle = []
        for continuation in idle { continuation.resume() }
    }
}

extension FaultPlan {
    /// Whether both at once would leave nobody of a role, or be one.
    fileprivate func excludes(_ other: Self) -> Bool { self.part.role == other.part.role }
}
