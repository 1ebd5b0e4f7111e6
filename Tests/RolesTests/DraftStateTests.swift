internal import ForetokenWire
internal import OrderedCollections
internal import Testing

@testable import Roles
@testable import Speculation

@Suite struct DraftStateTests {
    /// A draft whose actions are kept.
    struct Bed {
        var state: DraftState
        var now: Seconds = 100
        var connects: [String] = []
        var disconnects: [String] = []
        var answers: [(body: Envelope.Body, call: Call)] = []
        var sent: [(body: Envelope.Body, target: String)] = []
        var begun: [(order: DraftOrder, run: DraftState.Run)] = []
        var cancelled: [Int] = []
        var emptied: [Int] = []
        private var actions: [DraftState.Action] = []

        init(slots: Int = 2, targets: [String] = ["target"]) {
            self.state = DraftState(model: DraftModel(slots: slots, contextLength: 200, vocabularySize: 100))
            for target in targets {
                self.attach(target)
                self.state.reached(target)
            }
            self.carryOut()
            self.answers = []
        }

        mutating func attach(_ target: String, call: UInt64 = 1, key: String = "") {
            self.state.attach(target, key: key, for: Call(owner: PeerID([1]), number: call), now: self.now)
            self.carryOut()
        }

        mutating func mirror(
            _ sequence: UInt64 = 1, tokens: [Token] = [1, 2, 3], rule: LookaheadRule = .synchronous(.fixed(3)),
            window: Int? = nil, takesTurns: Bool = false, of target: String = "target"
        ) {
            self.state.mirror(
                MirrorRequest(
                    sequence: sequence, tokens: tokens, sampling: .greedy, lookahead: rule, endPosition: 100,
                    window: window, takesTurns: takesTurns), of: target)
            self.carryOut()
        }

        /// Ends the oldest run with so many tokens; with `nil`, as failed.
        mutating func end(_ count: Int?) throws {
            let (order, run) = self.begun.removeFirst()
            self.now += 0.01
            let outcome = count.map { count in
                DraftOutcome(
                    tokens: (0..<min(count, order.most)).map { DraftedToken(token: Token(10 + $0), probability: 0.9) },
                    seconds: 0.01, timedTokens: count)
            }
            self.state.runEnded(run, outcome, now: self.now)
            self.carryOut()
        }

        mutating func hear(_ tokens: [Token], at position: Int, behind ground: [Token], of target: String = "target") {
            let verdict = Verdict(
                sequence: 1, position: position, tokens: tokens,
                fingerprint: Fingerprint.empty.appending(ground).appending(tokens))
            self.state.hear(verdict, from: target, now: self.now)
            self.carryOut()
        }

        mutating func tick(after seconds: Seconds) {
            self.now += seconds
            self.state.tick(now: self.now)
            self.carryOut()
        }

        mutating func carryOut() {
            while self.state.takeActions(&self.actions) {
                for action in self.actions {
                    switch action {
                    case .begin(let order, let run, _): self.begun.append((order, run))
                    case .cancel(let slot): self.cancelled.append(slot)
                    case .empty(let slot): self.emptied.append(slot)
                    case .send(let body, let target): self.sent.append((body, target))
                    case .answer(let body, let call): self.answers.append((body, call))
                    case .connect(let target, _): self.connects.append(target)
                    case .disconnect(let target): self.disconnects.append(target)
                    case .log: break
                    }
                }
            }
        }
    }

    // MARK: Targets

    @Test func aTargetIsGreetedForACoordinatorOnceAndTheCallAnsweredWhenItIsUp() {
        var bed = Bed(targets: [])
        bed.attach("a", call: 1)
        bed.attach("a", call: 2)
        #expect(bed.connects == ["a"] && bed.answers.isEmpty)
        bed.state.reached("a")
        bed.attach("a", call: 3)
        #expect(bed.answers.map(\.call.number) == [2, 3], "the later call of one coordinator counts")
        #expect(bed.answers.allSatisfy { $0.body == .acknowledged })
        bed.state.refused("a", Status(.failedPrecondition, "another vocabulary"), now: bed.now)
        bed.attach("a", call: 4)
        bed.state.refused("a", Status(.failedPrecondition, "another vocabulary"), now: bed.now)
        bed.carryOut()
        #expect(bed.answers.last?.body == .status(Status(.failedPrecondition, "another vocabulary")))
        bed.attach("no address", call: 5)
        bed.state.failedToConnect("no address", Status(.invalidArgument))
        bed.carryOut()
        #expect(bed.answers.last?.call.number == 5 && bed.state.targets.count == 1)
    }

    @Test func aTargetWithAnotherKeyIsGreetedAnew() {
        var bed = Bed(targets: [])
        bed.attach("a", call: 1, key: "one")
        bed.state.reached("a")
        bed.attach("a", call: 2, key: "one")
        #expect(bed.connects == ["a"] && bed.answers.last?.body == .acknowledged)
        bed.attach("a", call: 3, key: "another")
        #expect(bed.disconnects.isEmpty && bed.answers.last?.call.number == 3, "while it is up, it is the right one")
        bed.state.lost("a", now: bed.now)
        bed.attach("a", call: 3, key: "another")
        #expect(bed.disconnects == ["a"] && bed.connects == ["a", "a"])
        bed.state.reached("a")
        bed.carryOut()
        #expect(bed.answers.last?.call.number == 3 && bed.answers.last?.body == .acknowledged)
    }

    @Test func wrongAddressesDoNotUseADraftUp() {
        var bed = Bed()
        for number in 0..<200 { bed.attach("wrong \(number)", call: UInt64(number)) }
        #expect(bed.state.targets.count == DraftState.mostTargets)
        #expect(bed.disconnects.count == 200 - DraftState.mostTargets + 1)
        #expect(bed.disconnects.first == "wrong 0" && !bed.disconnects.contains("target"))
        #expect(bed.answers.count == bed.disconnects.count, "those that give way are answered")
        bed.attach("right", call: 300)
        bed.state.reached("right")
        bed.carryOut()
        #expect(bed.answers.last?.call.number == 300 && bed.answers.last?.body == .acknowledged)
        bed.mirror(of: "right")
        #expect(bed.begun.count == 1)
    }

    @Test func targetsThatAreUpGiveWayToNobody() {
        var bed = Bed(targets: (0..<DraftState.mostTargets).map { "target \($0)" })
        bed.attach("one more", call: 9)
        guard case .status(let status) = bed.answers.first?.body else {
            Issue.record("no answer")
            return
        }
        #expect(status.code == .resourceExhausted && bed.disconnects.isEmpty)
        bed.state.lost("target 5", now: bed.now)
        bed.attach("one more", call: 10)
        #expect(bed.disconnects == ["target 5"] && bed.connects.last == "one more")
    }

    @Test func aTargetThatDoesNotAnswerIsDroppedWhenNobodyHasAskedForItForMinutes() {
        var bed = Bed(targets: ["up", "asked for", "forgotten"])
        for target in ["asked for", "forgotten"] { bed.state.lost(target, now: bed.now) }
        for _ in 0..<3 {
            bed.tick(after: DraftState.longestAbsence * 0.4)
            bed.attach("asked for")
        }
        #expect(bed.disconnects == ["forgotten"])
        #expect(Set(bed.state.targets.keys) == ["up", "asked for"])
        bed.tick(after: DraftState.longestAbsence * 1.1)
        #expect(bed.disconnects == ["forgotten", "asked for"])
        #expect(bed.state.outlooks(of: "forgotten") == nil)
    }

    @Test func whatATargetTellsOfItselfIsInThePriceAtOnce() {
        var bed = Bed()
        let report = TargetReport(
            tokensPerSecond: 300, decodeTokensPerSecond: 500, rows: 6,
            passTime: [1, 8].map { .init(rows: $0, seconds: 0.01 * Double($0)) })
        bed.state.heard(roundTrip: 0.02, report, from: "target", now: bed.now)
        bed.state.heard(roundTrip: 0.02, report, from: "elsewhere", now: bed.now)
        #expect(bed.state.outlooks(of: "elsewhere") == nil)
        let kind = Outlooks.Kind(rule: .marginal, coupling: .greedy)
        #expect(bed.state.outlooks(of: "target")?[kind].targetRate == 500)
        #expect(bed.state.outlooks(of: "target")?[kind].book.roundTrip == 0.02)
    }

    @Test func onTheTargetsCoresASequencePaysForItsShareOfAStep() throws {
        var prices: [Double] = []
        for takesTurns in [false, true] {
            var bed = Bed()
            let passes = [1, 2, 4].map { PassTime.Point(rows: $0, seconds: 0.1) }
            let report = TargetReport(tokensPerSecond: 40, rows: 4, passTime: passes)
            bed.state.heard(roundTrip: 0.0, report, from: "target", now: bed.now)
            bed.mirror(1, takesTurns: takesTurns)
            bed.mirror(2, takesTurns: takesTurns)
            try bed.end(3)
            bed.hear([10, 11, 12, 50], at: 3, behind: [1, 2, 3])
            let kind = Outlooks.Kind(rule: .synchronous(.fixed(3)), coupling: .greedy, takesTurns: takesTurns)
            prices.append(try #require(bed.state.outlooks(of: "target"))[kind].context.price.perDraftToken)
        }
        // At 40 tokens a second of all, and not at the 10 or so of one; half of a step for two.
        #expect(prices[1] > 1.5 * prices[0] && prices[1] < 4 * prices[0], "\(prices)")
    }

    // MARK: Mirrors

    @Test func aBlockIsDraftedAndSentAndAVerdictBringsTheNext() throws {
        var bed = Bed()
        bed.mirror()
        #expect(bed.begun[0].order.feed == [1, 2, 3] && bed.begun[0].order.position == 0)
        try bed.end(3)
        guard case .block(let block) = try #require(bed.sent.first).body else { return }
        #expect(block.position == 3 && block.tokens == [10, 11, 12] && bed.sent[0].target == "target")
        bed.hear([10, 11, 50], at: 3, behind: [1, 2, 3])
        #expect(bed.begun.map(\.order.feed) == [[50]] && bed.begun[0].order.position == 5)
        #expect(bed.state.load == Load(slots: 2, sequences: 1) && bed.state.reports.map(\.target) == ["target"])
    }

    /// What a draft cannot mirror, and why not.
    @Test(arguments: [("slots", 3, [1], "sync:fixed:3"), ("tokens", 1, [100], "sync:fixed:3"), ("rule", 1, [1], "off")])
    func aTargetWhoseSequenceIsNotMirroredIsTold(why: String, sequence: UInt64, tokens: [Token], rule: String) throws {
        var bed = Bed()
        if why == "slots" { for sequence: UInt64 in 1...2 { bed.mirror(sequence) } }
        bed.mirror(sequence, tokens: tokens, rule: try LookaheadRule(rule))
        #expect(bed.sent.map(\.body) == [.release(Release(sequence: sequence))])
        #expect(bed.state.load.sequences == (why == "slots" ? 2 : 0))
        bed.state.release(1, of: "target")
        bed.mirror(sequence)
        #expect(bed.sent.count == 1, "there is a slot again")
    }

    @Test func aRunOfAMirrorThatIsGoneIsNotTakenForThatOfTheNext() throws {
        var bed = Bed()
        bed.mirror()
        bed.mirror(tokens: [4, 5, 6])
        #expect(bed.cancelled == [bed.begun[0].run.slot] && bed.begun.count == 2)
        try bed.end(3)
        #expect(bed.sent.isEmpty && bed.state.isDrafting)
        try bed.end(2)
        guard case .block(let block) = try #require(bed.sent.first).body else { return }
        #expect(block.tokens == [10, 11] && block.fingerprint == Fingerprint.empty.appending([4, 5, 6]))
        #expect(!bed.state.isDrafting)
    }

    @Test func afterAFailedRunTheSlotIsFedFromTheBeginning() throws {
        var bed = Bed()
        bed.mirror()
        try bed.end(3)
        bed.hear([10, 50], at: 3, behind: [1, 2, 3])
        try bed.end(nil)
        #expect(bed.begun.isEmpty)
        bed.hear([51], at: 5, behind: [1, 2, 3, 10, 50])
        #expect(bed.begun[0].order.position == 0 && bed.begun[0].order.feed == [1, 2, 3, 10, 50, 51])
    }

    @Test func aLostTargetTakesItsMirrorsWithItAndNoOthers() throws {
        var bed = Bed(slots: 4, targets: ["target", "other"])
        bed.mirror(1)
        bed.mirror(2)
        bed.mirror(1, of: "other")
        bed.state.lost("target", now: bed.now)
        bed.carryOut()
        #expect(bed.state.load.sequences == 1 && Set(bed.cancelled) == Set(bed.begun[..<2].map(\.run.slot)))
        for _ in 0..<3 { try bed.end(3) }
        #expect(bed.sent.map(\.target) == ["other"])
        // It is back.
        bed.state.reached("target")
        bed.mirror(1)
        try bed.end(3)
        #expect(bed.sent.map(\.target) == ["other", "target"])
    }

    @Test(arguments: [nil, 0, 5, 20]) func noMoreIsInFlightThanTheCoordinatorAllows(window: Int?) throws {
        var bed = Bed()
        bed.mirror(rule: .fixed(3), window: window)
        var inFlight = 0
        while !bed.begun.isEmpty, inFlight < 64 {
            try bed.end(3)
            inFlight = 0
            for case .block(let block) in bed.sent.map(\.body) {
                inFlight = max(inFlight, block.position + block.tokens.count - 3)
            }
        }
        switch window {
        case nil: #expect(inFlight > 10)
        case 0: #expect(inFlight == 3, "one block at a time")
        case let window?: #expect(inFlight <= max(3, window) && inFlight >= min(window - 2, 10))
        }
    }

    @Test func whereAVerdictIsOverdueTheDraftAsks() throws {
        var bed = Bed()
        bed.mirror()
        try bed.end(3)
        bed.tick(after: 0.1)
        #expect(bed.sent.count == 1)
        bed.tick(after: 1)
        guard case .question(let question) = try #require(bed.sent.last).body else {
            Issue.record("no question")
            return
        }
        #expect(question.position == 3)
        bed.state.lost("target", now: bed.now)
        bed.tick(after: 10)
        #expect(bed.sent.count == 2)
    }

    @Test func aDraftThatIsStoppedEndsItsRunsAndBeginsNone() throws {
        var bed = Bed()
        bed.mirror(1)
        bed.mirror(2)
        for _ in 0..<2 { bed.state.stop() }
        bed.carryOut()
        #expect(Set(bed.cancelled) == [bed.begun[0].run.slot, bed.begun[1].run.slot] && bed.state.isDrafting)
        for _ in 0..<2 { try bed.end(1) }
        #expect(bed.begun.isEmpty && !bed.state.isDrafting)
    }
}
