internal import ForetokenWire
internal import Speculation

/// What a coordinator knows of its targets and drafts.
public struct Deployment: Equatable, Sendable {
    /// In the order that they became members, reachable or not; so are `drafts`.
    public var targets: [Member]
    /// None where the targets work alone.
    public var drafts: [Member]
    /// Requests at the coordinator.
    public var load: Load

    /// Whether a text could be begun now.
    public var isReady: Bool { self.targets.contains { $0.isReachable && !$0.isLeaving } }

    /// A target or a draft as the coordinator sees it.
    public struct Member: Equatable, Sendable {
        /// Where the coordinator reaches it, such as `tcp://10.0.0.1:7001`; a listed name while it does not resolve.
        public var address: String
        /// How it became a member.
        public var source: Source
        /// Whether it answers the coordinator, and is of use to it.
        public var isReachable: Bool
        /// Whether it is about to end, and begins nothing more.
        public var isLeaving: Bool
        /// Why it cannot be used, where it cannot.
        public var reason: String
        /// One name for each start of the process; empty while it was never reached.
        public var name: String
        /// Name of its model; empty while it was never reached.
        public var model: String
        /// Parameters of its model.
        public var parameters: UInt64
        /// Digest of its model's file; 0 where it was never reached, or does not tell.
        package var weightsFingerprint: UInt64
        /// Tokens of its vocabulary, and their digest: equal exactly when token ids mean the same.
        package var vocabularySize: Int
        package var vocabularyFingerprint: UInt64
        /// Tokens that one of its slots holds.
        public var contextLength: Int
        /// With what it computes its model; `nil` where it does not tell.
        public var execution: Execution?
        /// Which of a target's passes agree; `nil` where it has not measured that.
        public var rounding: Rounding?
        /// Its slots, and how many of them are busy.
        public var load: Load
        /// Between coordinator and member, in seconds.
        public var roundTripSeconds: Double
        /// What a target measured of itself; `nil` before its first pass.
        public var costs: TargetCosts?
        /// What a draft measured of itself, for each target that it drafted for.
        public var drafting: [Drafting]
    }

    /// How a target or a draft became a member.
    public enum Source: Equatable, Sendable {
        /// The coordinator was started with its address.
        case listed
        /// It has registered with the coordinator.
        case registered
        /// The coordinator was started with this name, which stands for it and perhaps for others.
        case name(String)
    }

    /// How a target's passes round.
    public struct Rounding: Equatable, Sendable {
        /// Whether its texts are the same to the last bit whatever is drafted, and whoever else is served.
        public var isExact: Bool
        /// Rows of the passes behind a prompt that an exact target keeps to.
        public var exactRows: ClosedRange<Int>?
        /// Rows of passes that agree to the last bit with each other, as far as they were tried.
        public var kinds: [ClosedRange<Int>]
        /// How far passes of different kinds were seen to lie apart, in logits; `nil` where that was not measured.
        public var distance: Float?
        /// What two texts may differ by before rounding no longer explains it, in logits: 0 for an exact target.
        public var tolerance: Float?
        /// Time that exactness costs, as a share of that of free passes.
        public var price: Double
    }

    /// What a target measured of its passes.
    public struct TargetCosts: Equatable, Sendable {
        /// Tokens a second of all its sequences, over the time in which it had any.
        public var tokensPerSecond: Double
        /// Rows of a recent pass, without those of prefills; 0 while it has no sequence.
        public var rows: Double
        /// Times of passes of ever more rows, as far as passes had that many.
        public var passTimes: [PassTime]
    }

    /// Time of a pass of that many rows.
    public struct PassTime: Equatable, Sendable {
        /// Tokens that the pass computed, at least one.
        public var rows: Int
        /// Average, recently.
        public var seconds: Double
    }

    /// What a draft measured while it drafted for a target.
    public struct Drafting: Equatable, Sendable {
        /// The target's address.
        public var target: String
        /// Time that it takes for one draft token, in seconds.
        public var draftTokenSeconds: Double
        /// Between draft and target; 0 before the first measure.
        public var roundTripSeconds: Double
        /// Acceptance of recently judged tokens, as the draft predicted it.
        public var predictedAcceptance: Double
        /// Accepted of recently judged tokens.
        public var measuredAcceptance: Double
        /// What the first token of a block has to be worth, in tokens.
        public var price: Double
        /// Draft tokens of a pass, on average, recently.
        public var meanLookahead: Double
        /// Of a draft on the target's cores: what it brings beyond all that it costs, prompts included, in tokens for each
        /// token of a text; below 0 it is left out. `nil` before some texts, and of a draft with cores of its own.
        public var surplus: Double?
        /// On what terms the coordinator lets the draft serve the target; `nil` before both have measured anything.
        public var terms: Terms?
    }

    /// What a coordinator expects of a draft at a target, and what it allows.
    public struct Terms: Equatable, Sendable {
        /// How much faster a text is written than by the target alone, as a share of that: 0.5 is half as fast again.
        public var expectedGain: Double
        /// Most draft tokens in flight; `nil` for no bound.
        public var window: Int?
        /// Whether the draft is given texts of the target, but for a try now and then.
        public var pays: Bool
        /// Whether both compute on the same cores, and so in turn, each with all of them: rounds are synchronous.
        public var takesTurns: Bool
    }

    /// With what a member computes its model.
    public struct Execution: Equatable, Sendable {
        /// Threads of a pass; 0 where it is not known.
        public var threads: Int
        /// Processors that it may use, by affinity and quota, a part of one counted; 0 where it is not known.
        public var cores: Double
        /// How most of the weights are stored, such as `F16` or `Q4_K_M`; empty where it is not known.
        public var weightType: String
        /// Share of the weights that lies in large pages, from 0 to 1; `nil` where it is not known, or does not matter.
        public var largePageShare: Double?
        /// Whether layers are kept on a device, such as a GPU.
        public var usesDevice: Bool
        /// RPC servers among these devices, on other machines: each pass crosses to all of them.
        public var rpcServers: Int
        /// Whether tokens can be taken back: otherwise it neither drafts nor checks what was drafted.
        public var canRollBack: Bool

        package init(
            threads: Int = 0, cores: Double = 0, weightType: String = "", largePageShare: Double? = nil,
            usesDevice: Bool = false, rpcServers: Int = 0, canRollBack: Bool = true
        ) {
            self.threads = threads
            self.cores = cores
            self.weightType = weightType
            self.largePageShare = largePageShare
            self.usesDevice = usesDevice
            self.rpcServers = rpcServers
            self.canRollBack = canRollBack
        }

        /// Threads that can run at the same time, for a part of a processor keeps none busy; `nil` where it is not known,
        /// or does not matter.
        package var threadsThatRun: Int? {
            self.usesDevice || self.cores <= 0 ? nil : max(1, Int(min(self.cores, Double(Int32.max))))
        }
    }

    /// How busy somebody is, counted in sequences.
    public struct Load: Equatable, Sendable {
        /// Sequences that can be held at once.
        public var slots: Int
        /// Sequences that are held.
        public var sequences: Int
        /// Requests that wait for a slot.
        public var waiting: Int
    }
}

extension Deployment {
    init(_ description: Description) {
        self.targets = description.targets.map { Member($0) }
        self.drafts = description.drafts.map { Member($0) }
        self.load = Load(description.load)
    }
}

extension Deployment.Member {
    init(_ member: ForetokenWire.Member) {
        self.init(
            address: member.address, source: .init(member.source), isReachable: member.reachable,
            isLeaving: member.load.isLeaving, reason: member.reason,
            name: member.peer?.name ?? "", model: member.peer?.model?.name ?? "",
            parameters: member.peer?.model?.parameters ?? 0,
            weightsFingerprint: member.peer?.model?.weightsFingerprint ?? 0,
            vocabularySize: member.peer?.model?.vocabularySize ?? 0,
            vocabularyFingerprint: member.peer?.model?.vocabularyFingerprint ?? 0,
            contextLength: member.peer?.model?.contextLength ?? 0,
            execution: member.peer?.model?.execution.map { .init($0) },
            rounding: member.peer?.model?.rounding.map { .init($0) },
            load: .init(member.load), roundTripSeconds: Double(member.roundTripMicroseconds) * 1e-6,
            costs: member.target.map { .init($0) },
            drafting: member.drafts.map { report in
                .init(report, member.pairs.first { $0.target == report.target })
            })
        // Before the first heartbeat is answered, what it said at the greeting.
        if self.load.slots == 0 { self.load.slots = member.peer?.slots ?? 0 }
    }
}

extension Deployment.Source {
    init(_ source: ForetokenWire.Member.Source) {
        switch source {
        case .listed: self = .listed
        case .registered: self = .registered
        case .name(let name): self = .name(name)
        }
    }
}

extension Deployment.Rounding {
    init(_ rounding: Speculation.Rounding) {
        self.init(
            isExact: rounding.exact != nil, exactRows: rounding.exact.map { $0.least...$0.most }, kinds: rounding.kinds,
            distance: rounding.distance, tolerance: rounding.tolerance, price: rounding.price)
    }
}

extension Deployment.Execution {
    init(_ execution: Speculation.Execution) {
        self.init(
            threads: execution.threads, cores: execution.cores, weightType: execution.weightType,
            largePageShare: execution.largePageShare.map(Double.init), usesDevice: execution.usesDevice,
            rpcServers: execution.rpcServers, canRollBack: execution.canRollBack)
    }
}

extension Deployment.Load {
    init(_ load: ForetokenWire.Load) {
        self.init(slots: load.slots, sequences: load.sequences, waiting: load.waiting)
    }
}

extension Deployment.TargetCosts {
    init(_ report: TargetReport) {
        self.init(
            tokensPerSecond: report.tokensPerSecond, rows: report.rows,
            passTimes: report.passTime.map { .init(rows: $0.rows, seconds: $0.seconds) })
    }
}

extension Deployment.Drafting {
    init(_ report: DraftReport, _ pair: PairTerms?) {
        self.init(
            target: report.target, draftTokenSeconds: report.draftToken, roundTripSeconds: report.roundTrip ?? 0,
            predictedAcceptance: report.predictedAcceptance, measuredAcceptance: report.measuredAcceptance,
            price: report.price, meanLookahead: report.lookahead, surplus: report.surplus,
            terms: pair.map {
                .init(expectedGain: $0.gain, window: $0.window, pays: $0.pays, takesTurns: $0.takesTurns)
            })
    }
}
