package import Foretoken

/// What a coordinator knows of its targets and drafts, as programs are told it.
package struct DeploymentObject: Encodable, Sendable {
    /// Load of the coordinator.
    package let address: String
    private let load: Load
    private let targets: [Member]
    private let drafts: [Member]

    package init(_ deployment: Deployment, address: String) {
        self.address = address
        self.load = Load(deployment.load)
        self.targets = deployment.targets.map { Member($0) }
        self.drafts = deployment.drafts.map { Member($0) }
    }

    /// In one line.
    package var jsonText: String {
        get throws { String(decoding: try self.json, as: UTF8.self) }
    }

    private struct Load: Encodable, Sendable {
        let slots: Int
        let sequences: Int
        let waiting: Int

        init(_ load: Deployment.Load) {
            self.slots = load.slots
            self.sequences = load.sequences
            self.waiting = load.waiting
        }
    }

    private struct Member: Encodable, Sendable {
        let address: String
        let source: String
        let reachable: Bool
        let reason: String
        let name: String
        let model: String
        let parameters: UInt64
        let vocabulary: Int
        /// Hexadecimal, for 64 bits are more than some readers of JSON hold.
        let vocabularyFingerprint: String
        let context: Int
        let execution: Nullable<ExecutionObject>
        let rounding: Nullable<RoundingObject>
        let load: Load
        let roundTrip: Double
        let costs: Nullable<Costs>
        let drafting: [Drafting]

        private enum CodingKeys: String, CodingKey {
            case address, source, reachable, reason, name, model, parameters, vocabulary, context, execution, rounding
            case load, costs, drafting
            case vocabularyFingerprint = "vocabulary_fingerprint"
            case roundTrip = "round_trip_ms"
        }

        init(_ member: Deployment.Member) {
            self.address = member.address
            self.source =
                switch member.source {
                case .listed: "listed"
                case .registered: "registered"
                case .name(let name): name
                }
            self.reachable = member.isReachable
            self.reason = member.reason
            self.name = member.name
            self.model = member.model
            self.parameters = member.parameters
            self.vocabulary = member.vocabularySize
            self.vocabularyFingerprint = String(member.vocabularyFingerprint, radix: 16)
            self.context = member.contextLength
            self.execution = Nullable(member.execution.map { ExecutionObject($0) })
            self.rounding = Nullable(member.rounding.map { RoundingObject($0) })
            self.load = Load(member.load)
            self.roundTrip = (member.roundTripSeconds * 1000).rounded(digits: 4)
            self.costs = Nullable(member.costs.map { Costs($0) })
            self.drafting = member.drafting.map { Drafting($0) }
        }
    }

    private struct Costs: Encodable, Sendable {
        let tokensPerSecond: Double
        let rows: Double
        let passTimes: [PassTime]

        struct PassTime: Encodable, Sendable {
            let rows: Int
            let ms: Double
        }

        private enum CodingKeys: String, CodingKey {
            case rows
            case tokensPerSecond = "tokens_per_second"
            case passTimes = "pass_times"
        }

        init(_ costs: Deployment.TargetCosts) {
            self.tokensPerSecond = costs.tokensPerSecond.rounded(digits: 2)
            self.rows = costs.rows.rounded(digits: 2)
            self.passTimes = costs.passTimes.map {
                PassTime(rows: $0.rows, ms: ($0.seconds * 1000).rounded(digits: 4))
            }
        }
    }

    private struct Drafting: Encodable, Sendable {
        let target: String
        let draftToken: Double
        let roundTrip: Double
        let predictedAcceptance: Double
        let measuredAcceptance: Double
        let price: Double
        let meanLookahead: Double
        let surplus: Nullable<Double>
        let expectedGain: Nullable<Double>
        let window: Nullable<Int>
        let pays: Nullable<Bool>
        let takesTurns: Nullable<Bool>

        private enum CodingKeys: String, CodingKey {
            case target, price, surplus, window, pays
            case draftToken = "draft_token_ms"
            case roundTrip = "round_trip_ms"
            case predictedAcceptance = "predicted_acceptance"
            case measuredAcceptance = "measured_acceptance"
            case meanLookahead = "mean_lookahead"
            case expectedGain = "expected_gain"
            case takesTurns = "takes_turns"
        }

        init(_ drafting: Deployment.Drafting) {
            self.target = drafting.target
            self.draftToken = (drafting.draftTokenSeconds * 1000).rounded(digits: 4)
            self.roundTrip = (drafting.roundTripSeconds * 1000).rounded(digits: 4)
            self.predictedAcceptance = drafting.predictedAcceptance.rounded(digits: 4)
            self.measuredAcceptance = drafting.measuredAcceptance.rounded(digits: 4)
            self.price = drafting.price.rounded(digits: 4)
            self.meanLookahead = drafting.meanLookahead.rounded(digits: 4)
            self.surplus = Nullable(drafting.surplus?.rounded(digits: 4))
            self.expectedGain = Nullable(drafting.terms?.expectedGain.rounded(digits: 4))
            self.window = Nullable(drafting.terms?.window)
            self.pays = Nullable(drafting.terms?.pays)
            self.takesTurns = Nullable(drafting.terms?.takesTurns)
        }
    }
}

extension Double {
    /// To what a reader can use; 0 for what JSON cannot write.
    func rounded(digits: Int) -> Double {
        guard self.isFinite else { return 0 }
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let scaled = self * scale
        return scaled.isFinite ? scaled.rounded() / scale : self
    }
}
