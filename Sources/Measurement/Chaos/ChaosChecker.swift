public import Speculation

/// Something that must not be.
public struct ChaosFinding: Codable, Equatable, Sendable {
    public enum Kind: String, Codable, Sendable, CaseIterable {
        /// Tokens of a text are missing.
        case lost
        /// Tokens of a text came twice.
        case doubled
        /// A text is not what the target writes alone.
        case changed
        /// A request came to no end.
        case unfinished
        /// A request ended with a status that nobody had asked for.
        case status
        /// A request ended long after its deadline.
        case late
        /// Nothing came of a request for longer than any fault excuses.
        case stuck
        /// A process ended by itself.
        case crashed
        /// The deployment was not whole again in time.
        case notWhole = "not-whole"
        /// A part held sequences when nobody asked for any text.
        case held
    }

    public var kind: Kind
    public var at: Seconds
    public var request: Int?
    public var part: ChaosPart?
    /// Number of the latest fault that had begun.
    public var fault: Int?
    public var message: String
}

/// Holds a history against what the target writes alone: a value, so that histories made by hand test it.
public struct ChaosChecker: Sendable {
    public private(set) var findings: [ChaosFinding] = []
    /// Whole texts, equal to those of the target alone.
    public private(set) var equalTexts = 0
    public private(set) var tokens = 0
    public private(set) var lostTokens = 0
    public private(set) var doubledTokens = 0
    public private(set) var changedTexts = 0
    /// Requests by the status they ended with.
    public private(set) var endings: [String: Int] = [:]

    /// What a request may take beyond its deadline: what the client allows for an answer, and then some.
    public static let grace: Seconds = 2

    /// Longest time without a token.
    public static let patience: Seconds = 15

    public init(_ history: ChaosHistory) {
        let texts = history.campaign?.texts ?? []
        for story in history.stories { self.check(story, texts, history) }
        for (at, process) in history.crashes {
            let code = process.status ?? 0
            let end = code < 0 ? "was ended by signal \(-code)" : "ended with status \(code)"
            self.findings.append(
                ChaosFinding(
                    kind: .crashed, at: at, part: process.part, fault: history.fault(at: at),
                    message: "\(process.part) \(end), and nobody had ended it"))
        }
        for (at, process) in history.held {
            self.findings.append(
                ChaosFinding(
                    kind: .held, at: at, part: process.part, fault: history.fault(at: at),
                    message: "\(process.part) holds sequences, or does not tell, and nobody asks for a text"))
        }
        for (at, fault) in history.broken {
            self.findings.append(
                ChaosFinding(
                    kind: .notWhole, at: at, part: fault.part, fault: fault.number,
                    message: fault.message ?? "the deployment did not become whole again"))
        }
        self.findings.sort { $0.at < $1.at }
    }

    private mutating func check(_ story: ChaosHistory.Story, _ texts: [ChaosText], _ history: ChaosHistory) {
        let request = story.request
        let at = story.endedAt ?? story.arrivals.last?.at ?? story.begunAt
        func finding(_ kind: ChaosFinding.Kind, _ message: String) -> ChaosFinding {
            ChaosFinding(
                kind: kind, at: at, request: request.id, fault: history.fault(at: at),
                message: "request \(request.id) (\(request.way.rawValue), text \(request.text)): \(message)")
        }

        self.tokens += story.tokens.count
        self.endings[story.end?.status ?? "no end", default: 0] += 1
        let isWhole = story.end?.status == "OK"
        guard texts.indices.contains(request.text) else {
            self.findings.append(finding(.changed, "nobody knows what the target writes alone"))
            return
        }
        if let longest = story.waits(until: history.endedAt).map({ $0.to - $0.from }).max(), longest > Self.patience {
            self.findings.append(finding(.stuck, "nothing came of it for \(longest) s"))
        }
        switch TextDifference(story.tokens, from: texts[request.text].tokens, isWhole: isWhole) {
        case nil: self.checkCharacters(of: story, texts[request.text], isWhole: isWhole, finding)
        case .lost(let count, let index)?:
            self.lostTokens += count
            self.findings.append(finding(.lost, "\(count) tokens are missing from \(index) on"))
        case .doubled(let count, let index)?:
            self.doubledTokens += count
            self.findings.append(finding(.doubled, "\(count) tokens came twice at \(index)"))
        case .changed(let index)?:
            self.changedTexts += 1
            self.findings.append(finding(.changed, "it is another text from token \(index) on"))
        }
        guard let end = story.end else {
            self.findings.append(finding(.unfinished, "it came to no end; \(story.tokens.count) tokens had come"))
            return
        }
        if !Self.allows(end.status, of: story) {
            self.findings.append(
                finding(.status, "it ended with \(end.status)\(end.message.isEmpty ? "" : ": \(end.message)")"))
        }
        if let timeout = request.timeout, at > story.begunAt + timeout + Self.grace {
            self.findings.append(
                finding(.late, "it ended \(at - story.begunAt) s after its begin, not within \(timeout) s"))
        }
    }

    /// Holds the characters of a text whose tokens are right against those of the target alone.
    private mutating func checkCharacters(
        of story: ChaosHistory.Story, _ alone: ChaosText, isWhole: Bool,
        _ finding: (ChaosFinding.Kind, String) -> ChaosFinding
    ) {
        guard let text = story.end?.text.utf8 else { return }
        if isWhole ? text.elementsEqual(alone.text.utf8) : alone.text.utf8.starts(with: text) {
            self.equalTexts += isWhole ? 1 : 0
        } else {
            self.changedTexts += 1
            self.findings.append(finding(.changed, "its tokens are right, but its characters are not"))
        }
    }

    /// Whether a request may end so, as it was asked for.
    private static func allows(_ status: String, of story: ChaosHistory.Story) -> Bool {
        switch status {
        case "OK": true
        case "CANCELLED": story.request.cancelAfter.map { story.tokens.count > $0 } ?? false
        case "DEADLINE_EXCEEDED": story.request.timeout != nil
        default: false
        }
    }
}
