internal import Foundation
internal import Speculation
internal import TestSupport
internal import Testing

@testable import Simulation

@Suite struct NetworkTrainerTests {
    /// Accepted the more surely the likelier the best token, beyond an edge at which only the second counts.
    static func tokens(_ count: Int, seed: UInt64) -> [JudgedToken] {
        var random = SplitMix64(seed: seed)
        return (0..<count).map { _ in
            var token = DraftedToken(token: 1, probability: 0.5, entropy: Float(4 * random.nextUnit()))
            token.confidence.top[0] = Float(random.nextUnit())
            token.confidence.top[1] = (1 - token.top[0]) * Float(random.nextUnit())
            let isRight = token.top[0] > 0.7 || token.top[1] > 0.3
            return JudgedToken(
                token: token, index: Int(random.next() % 20), accepted: random.nextUnit() < (isRight ? 0.95 : 0.1))
        }
    }

    @Test func gradientsAreWhatDifferencesOfTheLossSay() {
        var random = SplitMix64(seed: 2)
        let count = 3 * AcceptanceNetwork.parametersPerUnit + 1
        for accepted in [true, false] {
            let network = AcceptanceNetwork(parameters: (0..<count).map { _ in 2 * random.nextUnit() - 1 })
            let sample = NetworkTrainer.Sample(
                inputs: (0..<AcceptanceNetwork.inputCount).map { _ in 2 * random.nextUnit() - 1 }, accepted: accepted)
            #expect(network.activations(sample.inputs).contains { $0 > 0 })
            var gradient = [Double](repeating: 0, count: count)
            network.addGradient(of: sample, to: &gradient)
            for index in 0..<count {
                var (less, more) = (network, network)
                less.parameters[index] -= 1e-5
                more.parameters[index] += 1e-5
                let slope = (more.loss(of: sample) - less.loss(of: sample)) / 2e-5
                #expect(abs(gradient[index] - slope) < 1e-7, "parameter \(index)")
            }
        }
    }

    @Test func itLearnsWhatNoLineSeparatesAndTheSameFromTheSameSeed() {
        let (training, validation) = (Self.tokens(3000, seed: 1), Self.tokens(1000, seed: 2))
        func train(seed: UInt64) -> NetworkTrainer {
            var trainer = NetworkTrainer(training: training, validation: validation, units: 12, seed: seed)
            while !trainer.isOver { trainer.runEpoch() }
            return trainer
        }
        let trainer = train(seed: 7)
        let score = PredictionScore(Self.tokens(1000, seed: 3)) {
            trainer.best.probability(of: $0.token, index: $0.index)
        }
        #expect(score.accuracy > 0.88, "0.92 or so is all there is: \(score)")
        #expect(score.discrimination > 0.9, "\(score)")
        #expect(abs(score.loss - trainer.bestLoss) < 0.1, "scaled inputs and plain ones give the same")
        #expect(train(seed: 7).best == trainer.best)
        #expect(train(seed: 8).best != trainer.best)
    }

    @Test func itEndsAndStaysFiniteWhereThereIsNothingToLearn() {
        let token = JudgedToken(token: DraftedToken(token: 1, probability: 1), index: 0, accepted: true)
        var trainer = NetworkTrainer(training: [token], validation: [token], units: 2)
        while !trainer.isOver { trainer.runEpoch() }
        #expect(trainer.epochs <= NetworkTrainer.mostEpochs)
        #expect(trainer.best.parameters.allSatisfy { $0.isFinite })
        #expect(trainer.best.probability(of: token.token, index: 0) > 0.5)
    }

    @Test func aScoreSaysHowGoodPredictionsWere() {
        let score = PredictionScore([(0.8, true), (0.6, false), (0.6, true), (0.1, false)])
        #expect(abs(score.loss + (log(0.8) + log(0.4) + log(0.6) + log(0.9)) / 4) < 1e-12)
        #expect(score.accuracy == 0.75)
        // Of the four pairs three in order, and one tied.
        #expect(abs(score.discrimination - 0.875) < 1e-12)
        #expect(PredictionScore([(0.8, true), (0.3, true)]).discrimination == 0.5)
    }

    // MARK: What it learns from

    /// A text whose guesses are right as said.
    static func text(_ prompt: String, _ right: [Bool]) -> Trace.Text {
        Trace.Text(
            domain: "", prompt: prompt, promptTokens: 1, tokens: right.map { _ in 1 },
            drafted: right.map { DraftedToken(token: $0 ? 1 : 2, probability: 0.5) }, beyond: [:])
    }

    @Test func eachBlockBeginsBehindTheVerdictOnTheLastAndIsJudgedUpToItsFirstRejectedToken() {
        let text = Self.text("a", [true, true, false, true, true, true])
        func outcomes(_ most: Int) -> [String] {
            text.judgedTokens(most: most).map { "\($0.index)\($0.accepted ? "+" : "-")" }
        }
        // Beginning at 1 and 3; the last token is the target's own.
        #expect(outcomes(20) == ["0+", "1-", "0+", "1+"])
        #expect(outcomes(1) == ["0+", "0+"])
        #expect(Self.text("a", [true, true]).judgedTokens(most: 20).isEmpty)
    }

    @Test func theTextsOfOnePromptStayOnOneSide() {
        let texts = (0..<40).map { Self.text("\($0 % 20)", [true, true]) }
        let (training, validation) = texts.split(seed: 3)
        #expect(training.count == 32 && validation.count == 8)
        #expect(Set(training.map(\.prompt)).isDisjoint(with: validation.map(\.prompt)))
        #expect(texts.split(seed: 3).validation == validation)
        #expect(texts.split(seed: 4).validation != validation)
        #expect([Self.text("a", [true]), Self.text("a", [true])].split(seed: 1).validation.isEmpty)
        #expect([Self.text("a", [true]), Self.text("b", [true])].split(seed: 1).validation.count == 1)
    }

    // MARK: What it leaves

    @Test func theSourceOfANetworkHoldsItInLinesOfBoundedLength() throws {
        var random = SplitMix64(seed: 5)
        let network = AcceptanceNetwork(
            parameters: (0..<(4 * AcceptanceNetwork.parametersPerUnit + 1)).map { _ in 20 * random.nextUnit() - 10 })
        let source = network.source(threshold: 0.35, origin: ["Of nothing."])
        #expect(source.split(separator: "\n").allSatisfy { $0.count <= 120 })
        #expect(source.contains("// Of nothing.\n") && source.contains("shippedThreshold: Float = 0.35\n"))
        let list = try #require(source.firstMatch(of: /\[([^\]]*)\]/)).output.1
        let numbers = list.split { ", \n".contains($0) }.compactMap { Double($0) }
        #expect(AcceptanceNetwork(parameters: numbers) == network.rounded)
        for (number, parameter) in zip(numbers, network.parameters) {
            #expect(abs(number - parameter) <= 1e-4 * abs(parameter))
        }
    }

    @Test func aThresholdThatDraftsWhatIsAcceptedReplaysFasterThanOneThatDraftsNothingMore() throws {
        let costs = try Costs(name: "flat", curve: [(rows: 1, seconds: 0.01)], draftToken: 0.001)
        let texts = [Self.text("a", [Bool](repeating: true, count: 41))]
        let tuning = ThresholdTuning(texts: texts, costs: costs, distance: Distance(delay: 0), endTokens: [])
        let network = AcceptanceNetwork(
            parameters: [Double](repeating: 0, count: AcceptanceNetwork.parametersPerUnit + 1))
        // It predicts one half of everything. 40 tokens: two blocks of 20, drafted while the target writes two tokens alone
        // each time, once after a wait of 2 ms in vain; or blocks of one.
        #expect(abs(tuning.rate(of: network, threshold: 0.5) - 40 / (6 * 0.01 + 0.002)) < 1e-6)
        #expect(abs(tuning.rate(of: network, threshold: 0.55) - 40 / (20 * 0.011)) < 1e-6)
    }
}
