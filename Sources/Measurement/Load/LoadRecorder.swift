public import Speculation

/// Adds up what a run was like.
public struct LoadRecorder: Sendable {
    /// How far a run is, for the line that a terminal shows.
    public struct Snapshot: Sendable {
        public var completed = 0
        public var errors = 0
        public var timeToFirstToken: Seconds?
        fileprivate var tokens = 0
        fileprivate var arrivals = 0

        /// Tokens of an arrival, over completed requests; 1 before there is one.
        public var tokensPerArrival: Double { self.arrivals > 0 ? Double(self.tokens) / Double(self.arrivals) : 1 }
    }

    private struct Question: Hashable {
        var prompt: Int
        var round: Int
    }

    private var arms: [LoadArm: ArmRecorder] = [:]
    private var texts: [Question: (arm: LoadArm, hash: Int)] = [:]
    private var order: [LoadArm] = []
    /// Requests that completed in both arms.
    public private(set) var comparedTexts = 0
    /// Compared requests whose texts differ.
    public private(set) var differentTexts = 0
    private var open: LoadArm?
    public private(set) var snapshot = Snapshot()

    public init(_ arms: [LoadArm], goal: ServiceLevels) {
        self.order = arms
        for arm in arms { self.arms[arm] = ArmRecorder(arm, goal: goal) }
    }

    /// - Parameters:
    ///   - from: when counting begins.
    ///   - until: when it ends; `nil`: with the window.
    public mutating func open(_ arm: LoadArm, from: Seconds, until: Seconds?) {
        self.open = arm
        self.arms[arm]?.open(from: from, until: until ?? .infinity)
    }

    public mutating func close(at end: Seconds) {
        if let open { self.arms[open]?.close(at: end) }
        self.open = nil
    }

    public mutating func add(_ trace: RequestTrace) {
        self.arms[trace.order.arm]?.add(trace)
        switch trace.ending {
        case .completed:
            self.snapshot.completed += 1
            self.snapshot.tokens += trace.tokens
            self.snapshot.arrivals += trace.arrivals.count
            if trace.order.isCounted { self.compare(trace) }
        case .failed, .timedOut: self.snapshot.errors += 1
        case .cutOff: break
        }
        self.snapshot.timeToFirstToken = self.arms[trace.order.arm]?.timeToFirstToken.value(at: 50)
    }

    public func figures(now: Seconds) -> [LoadFigures] {
        self.order.compactMap { self.arms[$0]?.summary(now: now) }
    }

    private mutating func compare(_ trace: RequestTrace) {
        guard self.order.count > 1 else { return }
        let question = Question(prompt: trace.order.prompt, round: trace.order.round)
        guard let (arm, hash) = self.texts[question], arm != trace.order.arm else {
            self.texts[question] = (trace.order.arm, trace.textHash)
            return
        }
        self.texts[question] = nil
        self.comparedTexts += 1
        if hash != trace.textHash { self.differentTexts += 1 }
    }
}
