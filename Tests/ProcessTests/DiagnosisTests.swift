import Foretoken
import Speculation
import Testing

@testable import ForetokenCLI

/// What the doctor makes of measurements.
@Suite struct DiagnosisTests {
    /// A deployment where drafting pays, on two machines, changed by what a case is about.
    private static func examination(_ change: (inout Examination) -> Void = { _ in }) -> Examination {
        let vocabulary = Examination.Member.Vocabulary(size: 64, fingerprint: 7)
        var passTime = PassTime()
        passTime.expect((0..<10).map { 1 << $0 }.map { .init(rows: $0, seconds: 0.02 + 0.001 * Double($0 - 1)) })
        let gain = ExpectedGain(passTime: passTime, draftToken: 0.001, roundTrip: 0.002, acceptance: 0.8)
        var examination = Examination(
            targets: [
                .init(
                    address: "tcp://10.0.0.1:7001", model: "large", vocabulary: vocabulary, slots: 8,
                    execution: .init(threads: 8, cores: 8, weightType: "F16", largePageShare: 0.99))
            ],
            drafts: [
                .init(
                    address: "tcp://10.0.0.2:7002", model: "small", vocabulary: vocabulary, slots: 8,
                    execution: .init(threads: 1, cores: 2, weightType: "F16"))
            ],
            pairs: [.init(target: "tcp://10.0.0.1:7001", draft: "tcp://10.0.0.2:7002", gain: gain)])
        change(&examination)
        return examination
    }

    struct Situation: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var verdict: Diagnosis.Verdict = .pays
        /// Codes of the findings, the first of which has to come first.
        var codes: [Finding.Code] = []
        /// What the first finding, or where there is none the verdict, has to tell.
        var words: [String] = []
        var change: @Sendable (inout Examination) -> Void = { _ in }
    }

    static let situations = [
        Situation(testDescription: "good", words: ["pays here: predicted 2.", "Break-even at a round trip of"]),
        Situation(
            testDescription: "the sample is told beside the prediction", words: ["2.50 (2.40-2.60) on the sample"]
        ) {
            $0.sample.ratio = 2.5
            $0.sample.interval = 2.4...2.6
        },
        Situation(
            testDescription: "a draft as slow as the target", verdict: .doesNotPay, codes: [.draftTooSlow],
            words: ["a token takes it 20.0 ms, 100 % of a pass of the target (20.0 ms)", "it pays up to"]
        ) { $0.pairs[0].gain.draftToken = 0.02 },
        Situation(
            testDescription: "far away", verdict: .doesNotPay, codes: [.tooFar],
            words: ["600 ms away", "writes 30 tokens", "it pays up to"]
        ) { $0.pairs[0].gain.roundTrip = 0.6 },
        Situation(
            testDescription: "so far away that most of the gain is lost", codes: [.tooFar], words: ["100 ms away"]
        ) { $0.pairs[0].gain.roundTrip = 0.1 },
        Situation(
            testDescription: "a draft that is nearly always wrong", verdict: .doesNotPay,
            codes: [.lowAcceptance], words: ["accepts only 5 %"]
        ) { $0.pairs[0].gain.acceptance = 0.05 },
        Situation(
            testDescription: "rows as dear as passes", verdict: .doesNotPay, codes: [.rowsTooDear],
            words: ["a pass of 8 takes 8.0 times as long"]
        ) {
            $0.pairs[0].gain.passTime = PassTime()
            $0.pairs[0].gain.passTime.expect((0..<10).map { .init(rows: 1 << $0, seconds: 0.02 * Double(1 << $0)) })
        },
        Situation(
            testDescription: "far away and wrong and slow", verdict: .doesNotPay, codes: [.severalCauses],
            words: ["No single change"]
        ) {
            $0.pairs[0].gain.roundTrip = 0.6
            $0.pairs[0].gain.draftToken = 0.1
            $0.pairs[0].gain.acceptance = 0.4
        },
        Situation(
            testDescription: "another vocabulary", verdict: .cannotDraft, codes: [.otherVocabulary],
            words: ["small, 65 tokens", "large, 64 tokens"]
        ) {
            $0.drafts[0].vocabulary.size = 65
            $0.drafts[0].reason = "as the target says"
            $0.pairs = []
        },
        Situation(
            testDescription: "the same number of other tokens", verdict: .cannotDraft, codes: [.otherVocabulary]
        ) {
            $0.drafts[0].vocabulary.fingerprint = 8
            $0.pairs = []
        },
        Situation(testDescription: "no draft", verdict: .cannotDraft, codes: [.noDraft]) {
            $0.drafts = []
            $0.pairs = []
        },
        Situation(
            testDescription: "a draft that is gone", verdict: .cannotDraft, codes: [.unreachable],
            words: ["tcp://10.0.0.2:7002", "nobody answers"]
        ) {
            $0.drafts[0].isReachable = false
            $0.drafts[0].reason = "nobody answers"
            $0.pairs = []
        },
        Situation(
            testDescription: "a draft that is set aside", verdict: .cannotDraft, codes: [.notUsed], words: ["twin"]
        ) {
            $0.drafts[0].reason = "it is a twin"
            $0.pairs = []
        },
        Situation(testDescription: "a recurrent target", verdict: .cannotDraft, codes: [.noRollBack]) {
            $0.targets[0].execution?.canRollBack = false
            $0.pairs = []
        },
        Situation(testDescription: "nothing measured", verdict: .notMeasured, words: ["try again"]) { $0.pairs = [] },
        Situation(
            testDescription: "threads over a quota", codes: [.threadsOverCores],
            words: ["target tcp://10.0.0.1:7001 computes with 8 threads, and may use 1.5 cores"]
        ) { $0.targets[0].execution?.cores = 1.5 },
        Situation(
            testDescription: "threads over a quota, and slow by it", verdict: .doesNotPay,
            codes: [.threadsOverCores, .draftTooSlow]
        ) {
            $0.drafts[0].execution?.threads = 4
            $0.pairs[0].gain.draftToken = 0.03
        },
        Situation(testDescription: "threads of a device's host") {
            $0.targets[0].execution?.cores = 1.5
            $0.targets[0].execution?.usesDevice = true
        },
        Situation(
            testDescription: "weights in small pages", codes: [.smallPages], words: ["Only 12 %", "target"]
        ) { $0.targets[0].execution?.largePageShare = 0.12 },
        Situation(
            testDescription: "fewer slots for drafting than texts", codes: [.fewDraftSlots],
            words: ["8 texts", "for 2"]
        ) { $0.drafts[0].slots = 2 },
        Situation(testDescription: "others are served meanwhile", codes: [.otherTexts]) { $0.otherTexts = 3 },
        Situation(testDescription: "a sample that says otherwise", codes: [.otherThanPredicted]) {
            $0.sample.ratio = 1.1
            $0.sample.interval = 1.0...1.2
        },
        Situation(testDescription: "members that tell nothing of their machines") {
            $0.targets[0].execution = nil
            $0.drafts[0].execution = nil
        },
    ]

    @Test(arguments: Self.situations)
    func namesTheCause(situation: Situation) {
        let diagnosis = Diagnosis(Self.examination(situation.change))
        #expect(diagnosis.verdict == situation.verdict)
        let codes = diagnosis.findings.map(\.code)
        #expect(codes.first == situation.codes.first && situation.codes.allSatisfy(codes.contains), "\(codes)")
        let text = diagnosis.findings.first?.sentence ?? diagnosis.sentence
        for word in situation.words { #expect(text.contains(word), "\(text)") }
    }

    @Test func whatWouldChangeItIsComputedByTheCodeThatPrices() throws {
        let best = try #require(Diagnosis(Self.examination()).best)
        #expect(best.ratio == best.pair.gain.ratio && best.levers.count == 4)
        #expect(best.levers.map(\.ratio) == best.levers.map { $0.lever.applied(to: best.pair.gain).ratio })
        #expect(best.levers.map(\.ratio) == best.levers.map(\.ratio).sorted(by: >))
    }
}
