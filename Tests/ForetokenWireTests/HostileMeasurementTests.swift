import ForetokenWire
import Speculation
import TestSupport
import Testing

/// Probabilities, times and counts that nobody can have measured.
@Suite struct HostileMeasurementTests: Refusing {
    @Test func probabilitiesThatAreNone() {
        for bad in [-0.1, 1.1, .nan, .infinity, -.infinity] as [Float] {
            var block = Samples.block
            block.acceptances[2] = bad
            self.refused("block.acceptances", .block(block))
        }
        var block = Samples.block
        block.acceptances.removeLast()
        self.refused("block.acceptances", .block(block))
        block.acceptances += [0.5, 0.5]
        self.refused("block.acceptances", .block(block))
    }

    @Test func pricesAndTimesThatAreNone() {
        for bad in [-1, .nan, .infinity, -.infinity] as [Float] {
            var block = Samples.block
            block.price = bad
            self.refused("block.price", .block(block))
            block = Samples.block
            block.draftTokenMicroseconds = bad
            self.refused("block.draft_token_microseconds", .block(block))
            var word = Samples.abstention
            word.price = bad
            self.refused("abstention.price", .abstention(word))
            word = Samples.abstention
            word.draftTokenMicroseconds = bad
            self.refused("abstention.draft_token_microseconds", .abstention(word))
        }
        for bad in [-1, .nan, .infinity, -.infinity] as [Double] {
            var committed = Samples.committed
            committed.statistics!.prices = bad
            self.refused("committed.statistics.prices", .committed(committed))
            committed = Samples.committed
            committed.statistics!.draftTokenMicroseconds = bad
            self.refused("committed.statistics.draft_token_microseconds", .committed(committed))
        }
        for bad in [-1, .nan, .infinity, 12.5] as [Double] {
            var committed = Samples.committed
            committed.statistics!.predictedAcceptances = bad
            self.refused("committed.statistics.predicted_acceptances", .committed(committed))
        }
    }

    @Test func machinesThatNobodyHas() {
        func refuse(_ field: String, _ change: (inout Execution) -> Void) {
            var peer = Samples.peer
            change(&peer.model!.execution!)
            self.refused("hello.peer.model.execution.\(field)", .hello(Hello(peer: peer)))
        }
        for bad in [-1, .nan, .infinity, 1e12] as [Double] { refuse("cores") { $0.cores = bad } }
        for bad in [-0.1, 1.1, .nan, .infinity] as [Float] { refuse("large_page_share") { $0.largePageShare = bad } }
        refuse("weight_type") { $0.weightType = String(repeating: "x", count: 4097) }
        for (field, number) in [("threads", 1), ("rpc_servers", 8)] {
            self.refused("hello.peer.model.execution.\(field)") {
                $0.message(Number.hello) {
                    $0.message(2) {
                        $0.varint(1, 3)
                        $0.varint(5, 500)
                        $0.message(4) { $0.message(8) { $0.varint(number, 1 << 31) } }
                    }
                }
            }
        }
    }

    @Test func termsOfAPairThatAreOutOfRange() {
        for bad in [-1.1, .nan, .infinity, -.infinity] as [Double] {
            let member = Member(
                address: "d", reachable: true, pairs: [PairTerms(target: "t", gain: bad, pays: true)])
            self.refused("description.drafts.pairs.gain", .description(Description(drafts: [member])))
        }
        let pairs = Array(repeating: PairTerms(target: "t", gain: 0, pays: true), count: 1025)
        let member = Member(address: "d", reachable: true, pairs: pairs)
        self.refused("description.drafts.pairs", .description(Description(drafts: [member])))
        self.refused("description.drafts.pairs.window") {
            $0.message(Number.description) { $0.message(2) { $0.message(9) { $0.varint(3, 1 << 31) } } }
        }
    }

    @Test func statisticsThatAreNone() {
        func refused(_ field: String, _ change: (inout Statistics) -> Void) {
            var committed = Samples.committed
            change(&committed.statistics!)
            self.refused("committed.statistics.\(field)", .committed(committed))
        }
        refused("accepted_per_position") { $0.acceptedPerPosition.append(1) }
        refused("alone_microseconds") { $0.aloneMicroseconds = .max }
        refused("block_bytes") { $0.blockBytes = .max }
        refused("verdict_bytes") { $0.verdictBytes = .max }
    }

    @Test func reportsThatAreNone() {
        func refused(_ field: String, _ change: (inout TargetReport) -> Void) {
            var report = Samples.targetReport
            change(&report)
            self.refused("pong.target.\(field)", .pong(Pong(target: report)))
            let member = Member(address: "t", reachable: true, target: report)
            self.refused("description.targets.target.\(field)", .description(Description(targets: [member])))
        }
        func refused(_ field: String, _ change: (inout DraftReport) -> Void) {
            var report = Samples.draftReport
            change(&report)
            self.refused("pong.drafts.\(field)", .pong(Pong(drafts: [Samples.draftReport, report])))
            let member = Member(address: "d", reachable: true, drafts: [report])
            self.refused("description.drafts.drafts.\(field)", .description(Description(drafts: [member])))
        }
        for bad in [-1, .nan, .infinity, -.infinity] as [Double] {
            refused("tokens_per_second") { (report: inout TargetReport) in report.tokensPerSecond = bad }
            refused("decode_tokens_per_second") { (report: inout TargetReport) in report.decodeTokensPerSecond = bad }
            refused("rows") { (report: inout TargetReport) in report.rows = bad }
            refused("pass_times.seconds") { (report: inout TargetReport) in report.passTime[1].seconds = bad }
            refused("draft_token_seconds") { (report: inout DraftReport) in report.draftToken = bad }
            refused("round_trip_seconds") { (report: inout DraftReport) in report.roundTrip = bad }
            refused("predicted_acceptance") { (report: inout DraftReport) in report.predictedAcceptance = bad }
            refused("measured_acceptance") { (report: inout DraftReport) in report.measuredAcceptance = bad }
            refused("price") { (report: inout DraftReport) in report.price = bad }
            refused("lookahead") { (report: inout DraftReport) in report.lookahead = bad }
        }
        for bad in [.nan, .infinity, -.infinity] as [Double] {
            refused("surplus") { (report: inout DraftReport) in report.surplus = bad }
        }
        refused("pass_times") { (report: inout TargetReport) in report.passTime = [] }
        refused("pass_times") { (report: inout TargetReport) in report.passTime[0].rows = 0 }
        refused("pass_times") { (report: inout TargetReport) in report.passTime[2].rows = 2 }
        refused("pass_times") { (report: inout TargetReport) in
            report.passTime = (1...65).map { .init(rows: $0, seconds: 1) }
        }
        refused("predicted_acceptance") { (report: inout DraftReport) in report.predictedAcceptance = 1.5 }
        refused("target") { (report: inout DraftReport) in report.target = String(repeating: "a", count: 4097) }
        self.refused("pong.drafts") {
            $0.message(Number.pong) { for _ in 0...1024 { $0.message(4) { _ in } } }
        }
    }

    @Test func scoresThatAreNoNumbers() {
        let scores = Scores(chosen: .nan, runnerUp: 1, runnerUpScore: 0)
        self.refused(
            "committed.pieces.scores.chosen",
            .committed(Committed(index: 0, pieces: [Piece(token: 1, text: "", origin: .plain, scores: scores)])))
    }

    @Test func likelihoodsThatAreNone() {
        func refused(_ field: String, _ change: (inout Likelihood) -> Void) {
            var likelihood = Samples.likelihood
            change(&likelihood)
            let piece = Piece(token: 1, text: "", origin: .plain, likelihood: likelihood)
            self.refused("committed.pieces.likelihood.\(field)", .committed(Committed(index: 0, pieces: [piece])))
        }
        for bad in [.nan, .infinity, -.infinity, 0.001, -10_000] as [Float] {
            refused("chosen.log_probability") { $0.chosen.logProbability = bad }
            refused("top.log_probability") { $0.top[1].logProbability = bad }
        }
        refused("chosen.bytes") { $0.chosen.bytes = Array(repeating: 1, count: (1 << 16) + 1) }
        refused("top") { $0.top = Array(repeating: $0.chosen, count: 21) }
        self.refused("committed.pieces.likelihood.chosen") {
            $0.message(Number.committed) { $0.message(2) { $0.message(5) { _ in } } }
        }
        for count in [21, 1 << 31] as [UInt64] {
            self.refused("generate.request.likelihood_top") {
                $0.message(Number.generate) {
                    $0.message(1) {
                        $0.sampling(); $0.varint(10, 1); $0.varint(11, count)
                    }
                }
            }
        }
    }
}
