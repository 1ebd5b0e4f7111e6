internal import TestSupport
internal import Testing

@testable import Speculation

@Suite struct LookaheadTests {
    /// How many tokens a rule drafts when the draft's probabilities come out so.
    static func length(_ rule: any Lookahead, _ probabilities: [Float]) -> Int {
        var drafted: [DraftedToken] = []
        while drafted.count < probabilities.count, rule.wantsMore(after: drafted) {
            drafted.append(DraftedToken(token: 1, probability: probabilities[drafted.count]))
        }
        return drafted.count
    }

    static func drafted(_ count: Int, probability: Float = 0.5) -> [DraftedToken] {
        Array(repeating: DraftedToken(token: 1, probability: probability), count: count)
    }

    static let sure = [Float](repeating: 1, count: 200)

    @Test func fixedDraftsTheSameNumberWhateverHappens() {
        var rule = FixedLookahead(4)
        #expect(Self.length(rule, Self.sure) == 4)
        rule.learn(accepted: 0, of: Self.drafted(4), seconds: 0.1)
        #expect(Self.length(rule, [Float](repeating: 0, count: 9)) == 4)
    }

    @Test func confidenceSendsTheFirstUnsureTokenAndStopsBehindIt() {
        let rule = ConfidenceLookahead(threshold: 0.4, cap: 20)
        #expect(Self.length(rule, [0.9, 0.4, 0.39, 0.9]) == 3)
        #expect(Self.length(rule, [0.1, 0.9]) == 1)
        #expect(Self.length(rule, Self.sure) == 20)
        #expect(Self.length(rule, [.nan, 1]) == 1)
        #expect(Self.length(ConfidenceLookahead(threshold: 0, cap: 3), Self.sure) == 3)
    }

    @Test func heuristicBeginsAt5AddsTwoAfterFullAcceptanceAndTakesOneOtherwise() {
        var rule = HeuristicLookahead()
        #expect(Self.length(rule, Self.sure) == 5)
        rule.learn(accepted: 5, of: Self.drafted(5), seconds: 0.1)
        #expect(Self.length(rule, Self.sure) == 7)
        rule.learn(accepted: 6, of: Self.drafted(7), seconds: 0.1)
        #expect(Self.length(rule, Self.sure) == 6)
        for _ in 0..<10 { rule.learn(accepted: 0, of: Self.drafted(1), seconds: 0.1) }
        #expect(Self.length(rule, Self.sure) == 1)
        rule.learn(accepted: 1, of: Self.drafted(1), seconds: 0.1)
        #expect(Self.length(rule, Self.sure) == 3)
        rule.learn(accepted: 2, of: Self.drafted(2), seconds: 0.1)
        #expect(Self.length(rule, Self.sure) == 3, "a block cut short proves nothing")
        for _ in 0..<100 { rule.learn(accepted: 64, of: Self.drafted(64), seconds: 0.1) }
        #expect(Self.length(rule, Self.sure) == LookaheadRule.mostTokens)
    }

    @Test func rulesAreReadAsUsersWriteThem() throws {
        #expect(try LookaheadRule("off") == .off)
        #expect(try LookaheadRule("fixed:4") == .fixed(4))
        #expect(try LookaheadRule("fixed:64") == .fixed(64))
        #expect(try LookaheadRule("heuristic") == .heuristic)
        #expect(try LookaheadRule("confidence") == .confidence(threshold: 0.4, cap: 20))
        #expect(try LookaheadRule("confidence:0.7") == .confidence(threshold: 0.7, cap: 20))
        #expect(try LookaheadRule("confidence:0.7,9") == .confidence(threshold: 0.7, cap: 9))
        #expect(try LookaheadRule("confidence-adaptive") == .adaptiveConfidence)
        #expect(try LookaheadRule("cumulative:0.5") == .cumulative(limit: 0.5))
        #expect(try LookaheadRule("entropy:0.4") == .entropy(threshold: 0.4))
        #expect(try LookaheadRule("classifier") == .classifier(threshold: ClassifierLookahead.threshold, cap: 20))
        #expect(try LookaheadRule("classifier:0.3") == .classifier(threshold: 0.3, cap: 20))
        #expect(try LookaheadRule("classifier:0.3,7") == .classifier(threshold: 0.3, cap: 7))
        #expect(try LookaheadRule("bandit") == .bandit)
        #expect(try LookaheadRule("goodput") == .goodput)
        #expect(try LookaheadRule("marginal") == .marginal)
    }

    @Test(arguments: [
        ("", "unknown lookahead rule \"\""), ("best", "known are off, fixed:N, heuristic"),
        ("fixed", "write fixed:4"), ("fixed:", "from 1 to 64"), ("fixed:0", "from 1 to 64"),
        ("fixed:65", "from 1 to 64"), ("fixed:x", "from 1 to 64"), ("fixed:99999999999999999999", "from 1 to 64"),
        ("fixed:4,5", "write fixed:4"), ("off:1", "takes no value"), ("heuristic:2", "takes no value"),
        ("confidence:1.5", "a probability from 0 to 1"), ("confidence:nan", "a probability from 0 to 1"),
        ("confidence:", "a probability from 0 to 1"), ("confidence:0.4,0", "from 1 to 64"),
        ("cumulative", "write cumulative:0.5"), ("cumulative:2", "a probability from 0 to 1"),
        ("classifier:", "a probability from 0 to 1"), ("classifier:0.5,0", "from 1 to 64"),
        ("classifier:0.5,20,1", "write classifier, classifier:0.5"),
        ("entropy", "write entropy:0.4"), ("entropy:-1", "a probability from 0 to 1"),
        ("marginal:0.1", "takes no value"), ("bandit:", "takes no value"), ("oracle", "unknown lookahead rule"),
        ("confidence:0.4,20,1", "write confidence:0.4"), ("Fixed:4", "unknown lookahead rule \"Fixed:4\""),
    ])
    func whatIsNoRuleIsRefusedWithWhatWouldBeOne(text: String, hint: String) {
        let error = #expect(throws: LookaheadRuleError.self) { try LookaheadRule(text) }
        let message = error?.description ?? ""
        #expect(message.contains(hint) && message.contains("\"\(text)\""), "\(message)")
    }

    /// Whoever sends a request writes rules: none costs more than its length, or comes back whole.
    @Test(arguments: ["sync:", "fixed:4,", "a", "a\u{301}\u{301}\u{301}"])
    func longTextsAreNoRulesAndAreToldInShort(part: String) throws {
        let text = String(repeating: part, count: 200_000)
        let error = #expect(throws: LookaheadRuleError.self) { try LookaheadRule(text) }
        #expect(try #require(error).description.utf8.count < 500)
    }

    @Test(arguments: [
        LookaheadRule.off, .fixed(1), .fixed(64), .heuristic, .confidence(threshold: 0.4, cap: 20),
        .adaptiveConfidence, .cumulative(limit: 0.3), .entropy(threshold: 0.123_456_79),
        .classifier(threshold: 0.123_456_79, cap: 9), .bandit, .goodput, .marginal,
        .confidence(threshold: 1e-7, cap: 1), .confidence(threshold: 0.123_456_79, cap: 64),
    ])
    func aDescriptionIsReadBackAsTheSameRule(rule: LookaheadRule) throws {
        #expect(try LookaheadRule(rule.description) == rule)
        #expect((rule.makeLookahead() == nil) == (rule == .off))
    }
}
