public import Speculation
internal import Synchronization

/// The clock of a run: seconds since its beginning.
public struct LoadClock: Sendable {
    private let zero = ContinuousClock.now

    public init() {}

    public var now: Seconds { self.seconds(at: .now) }

    public func seconds(at instant: ContinuousClock.Instant) -> Seconds { (instant - self.zero) / .seconds(1) }

    func instant(_ seconds: Seconds) -> ContinuousClock.Instant { self.zero + .seconds(seconds) }
}

/// Sends a request somewhere.
public protocol LoadTarget: Sendable {
    /// Sends one request and waits for its end; when its task is cancelled the end is that it was cut off.
    ///
    /// - Parameter arrived: called at each arrival.
    func send(_ order: LoadOrder, _ clock: LoadClock, arrived: @escaping @Sendable () -> Void) async -> RequestTrace
}

/// What is going on at the moment, for those who look on.
public final class LoadGauge: Sendable {
    private let arrivalCount = Atomic(0)
    private let inFlightCount = Atomic(0)

    public init() {}

    public var arrivals: Int { self.arrivalCount.load(ordering: .relaxed) }
    public var inFlight: Int { self.inFlightCount.load(ordering: .relaxed) }

    func arrive() { self.arrivalCount.wrappingAdd(1, ordering: .relaxed) }
    func set(inFlight: Int) { self.inFlightCount.store(inFlight, ordering: .relaxed) }
}

/// Sends the requests of a window when its driver says, each in a task of its own.
public struct LoadRunner<Target: LoadTarget>: Sendable {
    private let target: Target
    private let clock: LoadClock
    private let drain: Seconds
    private let gauge: LoadGauge

    private enum Event: Sendable {
        case ended(RequestTrace)
        case woke(Seconds)
        case drained
    }

    /// - Parameter drain: that requests have left when the time of a window is over; then they are cut off.
    public init(_ target: Target, clock: LoadClock, drain: Seconds, gauge: LoadGauge) {
        self.target = target
        self.clock = clock
        self.drain = drain
        self.gauge = gauge
    }

    /// Goes on until all requests have ended. When its task is cancelled, those under way are cut off.
    public func run(_ driver: inout LoadDriver, record: (RequestTrace) -> Void) async {
        await withTaskGroup(of: Event.self) { group in
            var alarm = Seconds.infinity
            if let lastBegin = driver.lastBegin {
                group.addTask {
                    await self.sleep(until: lastBegin + self.drain)
                    return .drained
                }
            }
            while true {
                if Task.isCancelled { driver.stop() }
                for order in driver.advance(to: self.clock.now) {
                    group.addTask {
                        .ended(await self.target.send(order, self.clock) { self.gauge.arrive() })
                    }
                }
                self.gauge.set(inFlight: driver.inFlight)
                guard !driver.isDone else { break }
                if let next = driver.nextBegin, next < alarm {
                    alarm = next
                    group.addTask {
                        await self.sleep(until: next)
                        return .woke(next)
                    }
                }
                switch await group.next() {
                case .ended(let trace):
                    let failed = if case .failed = trace.ending { true } else { false }
                    driver.end(of: trace.order.client, at: trace.ended, failed: failed)
                    record(trace)
                case .woke(let time):
                    if time == alarm { alarm = .infinity }
                case .drained:
                    driver.stop()
                    group.cancelAll()
                case nil:
                    return
                }
            }
            // Only sleepers are left.
            group.cancelAll()
        }
    }

    private func sleep(until time: Seconds) async {
        try? await Task.sleep(until: self.clock.instant(time), tolerance: .zero)
    }
}
