import ForetokenWire
import Speculation

/// One envelope for each body with every field away from its default, and one with every field at it.
enum Samples {
    static let full: [Envelope] = [
        Envelope(call: 7, .status(Status(.resourceExhausted, "all slots are taken"))),
        Envelope(
            call: .max, timeoutMilliseconds: .max,
            .hello(Hello(protocolVersion: 3, peer: Self.peer))),
        Envelope(call: 1, .welcome(Welcome(peer: Self.peer))),
        Envelope(.ping(Ping(sentMicroseconds: 1 << 53))),
        Envelope(.pong(Pong(sentMicroseconds: 12, load: Self.load, target: Self.targetReport))),
        Envelope(.pong(Pong(sentMicroseconds: 12, drafts: [Self.draftReport, Self.draftReport]))),
        Envelope(
            .pong(
                Pong(
                    sentMicroseconds: 12,
                    refusals: Dictionary(
                        uniqueKeysWithValues: RefusalReason.allCases.enumerated().map { ($1, 1 << (7 * $0)) })))),
        Envelope(call: 2, .cancel),
        Envelope(call: 3, .acknowledged),
        Envelope(
            call: 4,
            .open(
                OpenRequest(request: Self.request, draft: "draft-1", lookahead: .marginal, window: 48, takesTurns: true)
            )),
        Envelope(call: 4, .opened(Opened(sequence: .max, promptTokens: 12))),
        Envelope(call: 4, .committed(Self.committed)),
        Envelope(call: 5, .assign(AssignRequest(sequence: 9, draft: "draft-2", window: 1, takesTurns: true))),
        Envelope(.verdict(Self.verdict)),
        Envelope(call: 6, .attach(AttachRequest(address: "tcp://[::1]:7001"))),
        Envelope(
            .mirror(
                MirrorRequest(
                    sequence: 9, tokens: [0, 1, .max], sampling: Self.sampling,
                    ending: Ending(earliest: 40, isIgnored: true), lookahead: .fixed(4), endPosition: 512,
                    window: 48, takesTurns: true, trace: Self.trace))),
        Envelope(.release(Release(sequence: 9))),
        Envelope(.block(Self.block)),
        Envelope(.question(Self.question)),
        Envelope(.abstention(Self.abstention)),
        Envelope(call: 8, timeoutMilliseconds: 30_000, .generate(GenerateRequest(request: Self.request))),
        Envelope(call: 8, .generate(GenerateRequest(request: Self.chatRequest))),
        Envelope(call: 8, .generate(GenerateRequest(request: Self.tokensRequest))),
        Envelope(call: 9, .describe),
        Envelope(
            call: 9,
            .description(
                Description(
                    targets: [
                        Self.member, Member(address: "", reachable: false, reason: "no answer", source: .registered),
                        Member(address: "tcp://10.0.0.3:7001", reachable: false, source: .name("tcp://targets:7001")),
                    ],
                    drafts: [Self.member], load: Self.load))),
    ]

    static let plain: [Envelope] = [
        Envelope(.status(.ok)),
        Envelope(.hello(Hello(protocolVersion: 0, peer: Self.plainPeer))),
        Envelope(.welcome(Welcome(protocolVersion: 0, peer: Self.plainPeer))),
        Envelope(.welcome(Welcome(protocolVersion: 0, peer: Self.peerThatTellsLittle))),
        Envelope(.ping(Ping(sentMicroseconds: 0))),
        Envelope(.pong(Pong(sentMicroseconds: 0))),
        Envelope(.cancel),
        Envelope(.acknowledged),
        Envelope(.open(OpenRequest(request: Request(prompt: "")))),
        Envelope(.opened(Opened(sequence: 0, promptTokens: 0))),
        Envelope(.committed(Committed(index: 0, pieces: []))),
        Envelope(.committed(Committed(index: 0, pieces: [Piece(token: 0, text: "", origin: .plain)]))),
        Envelope(.committed(Committed(index: 0, pieces: [], statistics: Statistics()))),
        Envelope(.assign(AssignRequest(sequence: 0, draft: ""))),
        Envelope(call: 7, .assign(AssignRequest(sequence: 9, draft: "", declined: true))),
        Envelope(.verdict(Verdict(sequence: 0, position: 0, tokens: [], fingerprint: Fingerprint(0)))),
        Envelope(.attach(AttachRequest(address: ""))),
        Envelope(
            .mirror(MirrorRequest(sequence: 0, tokens: [], sampling: .greedy, lookahead: .off, endPosition: 0))),
        Envelope(.release(Release(sequence: 0))),
        Envelope(.block(Block(sequence: 0, position: 0, fingerprint: Fingerprint(0), tokens: [0]))),
        Envelope(.question(Question(sequence: 0, position: 0, fingerprint: Fingerprint(0)))),
        Envelope(.abstention(Abstention(sequence: 0, position: 0, fingerprint: Fingerprint(0)))),
        Envelope(.generate(GenerateRequest(request: Request(prompt: "")))),
        Envelope(.describe),
        Envelope(.description(Description())),
    ]

    static let all = Self.full + Self.plain

    static let block = Block(
        sequence: 5, position: 300, fingerprint: Fingerprint(0x0123_4567_89ab_cdef), tokens: [1, 128, 31_999, .max],
        acceptances: [0, 1, 0.5, 0.75], sentMicroseconds: 1_700_000_000_000_000,
        draftingMicroseconds: 640, roundTripMicroseconds: 20_000, price: 0.125, draftTokenMicroseconds: 160)

    static let question = Question(
        sequence: 5, position: 300, fingerprint: Fingerprint(0x0123_4567_89ab_cdef),
        sentMicroseconds: 1_700_000_000_000_000)

    static let abstention = Abstention(
        sequence: 5, position: 300, fingerprint: Fingerprint(0x0123_4567_89ab_cdef),
        sentMicroseconds: 1_700_000_000_000_000, roundTripMicroseconds: 20_000, price: 0.125,
        draftTokenMicroseconds: 160)

    static let verdict = Verdict(
        sequence: 5, position: 300, tokens: [1, 128, 7], fingerprint: Fingerprint(0xfedc_ba98_7654_3210), accepted: 2,
        verified: 4, sentMicroseconds: 1_700_000_000_000_000, waitedMicroseconds: 90, passMicroseconds: 14_300,
        rows: 9)

    static let sampling = Sampling(temperature: 0.8, topK: 40, topP: 0.95, minP: 0.05, seed: .max)

    static let request = Request(
        prompt: "Once upon a time, 東京 👩‍👩‍👧 \u{0} é", committed: [4, 5, .max], sampling: Self.sampling, maxTokens: 128,
        stop: ["\n\n", "stop\u{0}here", "ß"], lookahead: .confidence(threshold: 0.4, cap: 20), scores: true,
        weightsFingerprint: .max - 3,
        names: RequestNames(id: RequestID("a/name"), trace: Self.trace))

    static let trace = TraceParent(
        traceID: "0af7651916cd43dd8448eb211c80319c", spanID: "b7ad6b7169203331", isSampled: true)

    static let chatRequest = Request(
        prompt: .chat([
            ChatTurn(role: "system", content: "Be brief.\u{0}"), ChatTurn(role: "user", content: "東京?"),
            ChatTurn(role: "my-Tool_7", content: ""),
        ]), likelihoods: 0)

    static let tokensRequest = Request(
        prompt: .tokens([0, 128, .max]), maxTokens: 9, minTokens: 8, ignoresEnd: true, likelihoods: 20)

    static let likelihood = Likelihood(
        chosen: .init(token: 2, bytes: [0xf0, 0x9f], logProbability: -0.5),
        top: [
            .init(token: .max, bytes: [], logProbability: 0),
            .init(token: 2, bytes: [0xf0, 0x9f], logProbability: -9999),
        ])

    static let load = Load(slots: 8, sequences: 5, waiting: 3, isLeaving: true, kvUsage: 0.625)

    static let model = ModelDescription(
        name: "stories", parameters: 15_000_000, vocabularySize: 32_000, vocabularyFingerprint: .max,
        weightsFingerprint: .max - 1, contextLength: 2048, rounding: Self.rounding,
        execution: Self.execution)

    static let execution = Execution(
        threads: 8, cores: 1.5, coreSet: .max - 3, weightType: "Q4_K_M", largePageShare: 0.75, usesDevice: true,
        rpcServers: 3,
        canRollBack: false)

    static let rounding = Rounding(
        kinds: [1...7, 8...64], distance: 0.25, exact: ExactPasses(least: 1, most: 7), fingerprint: .max - 2, price: 0.5
    )

    static let peer = Peer(
        role: .draft, name: "draft-1", software: "foretoken/9.9.9", model: Self.model, heartbeatMilliseconds: 250,
        address: "tcp://10.0.0.2:7002", slots: 4)

    static let peerThatTellsLittle = Peer(
        role: .target, name: "",
        model: ModelDescription(
            name: "", parameters: 0, vocabularySize: 0, vocabularyFingerprint: 0, weightsFingerprint: 0,
            contextLength: 0, execution: Execution()))

    static let plainPeer = Peer(role: .client, name: "", software: "", heartbeatMilliseconds: 10)

    static let member = Member(
        address: "tcp://10.0.0.2:7002", reachable: true, reason: "slow", peer: Self.peer, load: Self.load,
        roundTripMicroseconds: 812, target: Self.targetReport, drafts: [Self.draftReport],
        pairs: [
            PairTerms(target: "tcp://10.0.0.1:7001", gain: 0.45, window: 48, pays: true),
            PairTerms(target: "", gain: -0.25, pays: false, takesTurns: true),
        ])

    static let targetReport = TargetReport(
        tokensPerSecond: 312.5, decodeTokensPerSecond: 500, rows: 6.25, sequences: 5,
        passTime: [.init(rows: 1, seconds: 0.0084), .init(rows: 2, seconds: 0.0124), .init(rows: 128, seconds: 0.2)])

    static let plainReport = TargetReport(
        tokensPerSecond: 0, rows: 0, passTime: [.init(rows: 1, seconds: 0)])

    static let draftReport = DraftReport(
        target: "tcp://10.0.0.1:7001", draftToken: 0.000_15, roundTrip: 0.02, predictedAcceptance: 0.75,
        measuredAcceptance: 1, price: 0.21, lookahead: 3.5, passes: 64, surplus: -0.125)

    static let committed: Committed = {
        var statistics = Statistics()
        statistics.promptTokens = 1
        statistics.generatedTokens = 2
        statistics.targetPasses = 3
        statistics.draftTokens = 4
        statistics.acceptedTokens = 5
        statistics.rounds = 6
        statistics.staleBlocks = 7
        statistics.missedBlocks = 8
        statistics.reusedTokens = 21
        statistics.prefillMicroseconds = 9
        statistics.generationMicroseconds = 10
        statistics.passMicroseconds = 11
        statistics.draftingMicroseconds = 12
        statistics.waitedMicroseconds = 13
        statistics.roundTripMicroseconds = 1 << 53
        statistics.draftTokenMicroseconds = 150.5
        statistics.judgedTokens = 15
        statistics.predictedAcceptances = 11.25
        statistics.predictedTokens = 12
        statistics.prices = 3.75
        statistics.pricedBlocks = 6
        statistics.acceptedPerPosition = Array(1...17)
        statistics.aloneMicroseconds = 23
        statistics.blockBytes = 1 << 53
        statistics.verdictBytes = 25
        statistics.timedPasses = 26
        statistics.resumptions = 27
        let scores = Scores(chosen: -1.5, runnerUp: 17, runnerUpScore: -.infinity)
        return Committed(
            index: 40,
            pieces: [
                Piece(token: 1, text: " once", origin: .plain),
                Piece(token: 2, text: "\u{0}", origin: .accepted, scores: scores),
                Piece(token: 3, text: "", origin: .recovered, likelihood: Self.likelihood),
                Piece(token: .max, text: "é", origin: .bonus, scores: scores),
            ], finish: .length, statistics: statistics, weightsFingerprint: .max - 4)
    }()
}
