import Executors
import Synchronization
import TestSupport
import Testing
import ZeroMQ

/// What every loop promises, for each kind of loop.
@Suite(.oneAtATime) struct LoopTests {
    enum Kind: CaseIterable {
        case thread, socket

        func make() -> any Loop {
            switch self {
            case .thread: ThreadLoop(name: "test")
            case .socket: SocketLoop(name: "test")
            }
        }
    }

    actor Counter {
        nonisolated let loop: any Loop
        private(set) var count = 0

        nonisolated var unownedExecutor: UnownedSerialExecutor { self.loop.asUnownedSerialExecutor() }

        init(loop: any Loop) {
            self.loop = loop
        }

        func increment() -> Int {
            self.loop.checkIsolated()
            self.count += 1
            return self.count
        }
    }

    @Test(arguments: Kind.allCases) func callsRunInOrder(kind: Kind) async throws {
        let loop = kind.make()
        defer { loop.stop() }
        let recorder = Recorder<Int>()
        for number in 0..<1000 { loop.execute { recorder.add(number) } }
        #expect(try await recorder.wait(for: 1000) == Array(0..<1000))
    }

    @Test(arguments: Kind.allCases) func callsFromManyThreadsAllRun(kind: Kind) async throws {
        let loop = kind.make()
        defer { loop.stop() }
        let counter = Counter(loop: loop)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<500 { _ = await counter.increment() }
                }
            }
        }
        #expect(await counter.count == 4000)
    }

    @Test(arguments: Kind.allCases) func callbacksEnterTheActorWithoutAHop(kind: Kind) async throws {
        let loop = kind.make()
        defer { loop.stop() }
        let counter = Counter(loop: loop)
        #expect(loop.isIsolatingCurrentContext() == false)
        let count = try await loop.run {
            counter.assumeIsolated { $0.increment() }
        }
        #expect(count == 1)
    }

    @Test(arguments: Kind.allCases) func timersRunInOrderAndNotEarly(kind: Kind) async throws {
        let loop = kind.make()
        defer { loop.stop() }
        let recorder = Recorder<(String, Double)>()
        let now = loop.now
        loop.schedule(at: now + 0.03) { recorder.add(("third", loop.now - now)) }
        loop.schedule(at: now + 0.0105) { recorder.add(("second", loop.now - now)) }
        loop.schedule(at: now - 1) { recorder.add(("first", loop.now - now)) }
        let cancelled = loop.schedule(at: now + 0.02) { recorder.add(("never", loop.now - now)) }
        loop.cancel(cancelled)
        let events = try await recorder.wait(for: 3)
        #expect(events.map(\.0) == ["first", "second", "third"])
        #expect(events[1].1 >= 0.0105 && events[2].1 >= 0.03)
    }

    @Test(arguments: Kind.allCases) func aTimerMaySetItselfAgainWithoutStarvingOthers(kind: Kind) async throws {
        let loop = kind.make()
        defer { loop.stop() }
        let rounds = Atomic<Int>(0)
        withExtendedLifetime(rounds) {
            @Sendable func again() {
                rounds.add(1, ordering: .relaxed)
                loop.schedule(at: 0) { again() }
            }
            loop.execute { again() }
        }
        #expect(try await loop.run { true })
        #expect(try await loop.run { rounds.load(ordering: .relaxed) } > 0)
    }

    @Test(arguments: Kind.allCases) func stopRunsWhatIsQueued(kind: Kind) {
        let loop = kind.make()
        let recorder = Recorder<Int>()
        for number in 0..<100 {
            loop.execute {
                if number == 99 { loop.execute { recorder.add(100) } }
                recorder.add(number)
            }
        }
        loop.stop()
        #expect(recorder.elements == Array(0...100))
        loop.stop()
    }

    @Test(arguments: Kind.allCases) func whatComesAfterStopStillRuns(kind: Kind) async throws {
        let loop = kind.make()
        let counter = Counter(loop: loop)
        loop.stop()
        #expect(await counter.increment() == 1)
        #expect(await counter.increment() == 2)
        #expect(try await loop.run { loop.isIsolatingCurrentContext() } == true)
        let recorder = Recorder<Int>()
        loop.schedule(at: loop.now) { recorder.add(1) }
        #expect(await counter.increment() == 3)
        #expect(recorder.elements.isEmpty)
    }

    @Test(arguments: Kind.allCases) func aForgottenLoopEnds(kind: Kind) async throws {
        let recorder = Recorder<Void>()
        final class Token: Sendable {
            let recorder: Recorder<Void>
            init(_ recorder: Recorder<Void>) { self.recorder = recorder }
            deinit { self.recorder.add(()) }
        }
        do {
            let loop = kind.make()
            let token = Token(recorder)
            loop.schedule(at: .infinity) { withExtendedLifetime(token) {} }
        }
        try await recorder.wait(for: 1)
    }
}
