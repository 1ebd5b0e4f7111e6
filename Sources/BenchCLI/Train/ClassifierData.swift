import CommandSupport
import Simulation
import Speculation

/// What a classifier is trained and tried on.
struct ClassifierData: Sendable {
    /// Some texts.
    struct Part: Sendable {
        var name: String
        var texts: [Trace.Text]
        var tokens: [JudgedToken]
        var endTokens: Set<Token>

        init(_ name: String, _ texts: [Trace.Text], _ headers: [Trace.Header]) {
            self.name = name
            self.texts = texts
            self.tokens = texts.flatMap { $0.judgedTokens(most: ClassifierLookahead.cap) }
            self.endTokens = Set(headers.flatMap(\.endTokens))
        }

        func tuning(_ costs: Costs, delay: Seconds) -> ThresholdTuning {
            ThresholdTuning(
                texts: self.texts, costs: costs, distance: Distance(delay: delay), endTokens: self.endTokens)
        }
    }

    let headers: [Trace.Header]
    let training: Part
    let validation: Part
    let tests: [Part]

    /// - Parameters:
    ///   - traces: files to train and validate with.
    ///   - tests: files to try the network on.
    /// - Throws: when a file is missing or no trace, or does not tell enough.
    init(traces: [String], tests: [String], seed: UInt64) throws(CommandError) {
        var headers: [Trace.Header] = []
        var texts: [Trace.Text] = []
        for file in traces {
            let trace = try Self.read(file)
            if let first = headers.first, first.target != trace.header.target || first.draft != trace.header.draft {
                throw CommandError(
                    .badData,
                    """
                    \(file) tells of \(trace.header.draft) for \(trace.header.target), \(traces[0]) of \(first.draft) \
                    for \(first.target): train with the traces of one pair
                    """)
            }
            headers.append(trace.header)
            texts += trace.texts
        }
        let (training, validation) = texts.split(seed: seed)
        guard !validation.isEmpty else {
            throw CommandError(
                .badData, "all texts are of one prompt: record texts of at least 2, so that 1 tells of others")
        }
        self.headers = headers
        self.training = Part("training", training, headers)
        self.validation = Part("validation", validation, headers)
        self.tests = try tests.map { file throws(CommandError) in
            let trace = try Self.read(file)
            return Part(file, trace.texts, [trace.header])
        }
        for part in [self.training, self.validation] + self.tests where part.tokens.isEmpty {
            throw CommandError(.badData, "the \(part.name) texts are too short to draft in: record longer ones")
        }
    }

    private static func read(_ file: String) throws(CommandError) -> Trace {
        let trace = try InputFile.trace(file)
        guard trace.texts.allSatisfy({ $0.drafted.allSatisfy { $0.top[0] > 0 } }) else {
            throw CommandError(
                .badData,
                "\(file) does not tell the probabilities of the draft's most probable tokens: record it again")
        }
        return trace
    }
}
