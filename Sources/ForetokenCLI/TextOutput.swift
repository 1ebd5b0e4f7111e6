import CommandSupport
import Foretoken
import Synchronization

/// Prints a text as it comes, and keeps it.
final class TextOutput: Sendable {
    private let color: Bool
    private let isSilent: Bool
    private let state = Mutex((text: "", tokens: [UInt32](), logProbabilities: [LogProbability](), isEnded: false))

    static let legend =
        "colors: "
        + [
            TextOutput.paint("accepted", .accepted) + " from the draft",
            TextOutput.paint("recovered", .recovered) + " where the draft was wrong",
            TextOutput.paint("bonus", .bonus) + " behind an accepted block",
            TextOutput.paint("plain", .plain) + " without the draft",
        ].joined(separator: ", ")

    /// - Parameter isSilent: only keeps it.
    init(color: Bool, isSilent: Bool) {
        self.color = color
        self.isSilent = isSilent
    }

    func add(_ piece: Generation.Piece) {
        self.state.withLock {
            $0.text += piece.text
            $0.tokens.append(piece.token)
            if let logProbability = piece.logProbability { $0.logProbabilities.append(logProbability) }
        }
        guard !self.isSilent, !piece.text.isEmpty else { return }
        Console.write(self.color ? Self.paint(piece.text, piece.origin) : piece.text)
    }

    /// Ends the line, once.
    func end() {
        let endsInLine = self.state.withLock { state in
            defer { state.isEnded = true }
            return !state.isEnded && !state.text.isEmpty && !state.text.hasSuffix("\n")
        }
        if !self.isSilent && endsInLine { Console.write("\n") }
    }

    func json(finishReason: String, _ report: StatisticsReport) -> JSON {
        let (text, tokens, logProbabilities, _) = self.state.withLock { $0 }
        return .object([
            "text": .string(text),
            "tokens": .array(tokens.map { .integer(Int($0)) }),
            "logprobs": logProbabilities.isEmpty
                ? .null : .array(zip(tokens, logProbabilities).map { Self.json($0, $1) }),
            "finish_reason": .string(finishReason),
            "statistics": report.json,
        ])
    }

    private static func json(_ token: UInt32, _ logProbability: LogProbability) -> JSON {
        func number(_ value: Float) -> JSON { .number(Double(value), digits: 6) }
        func bytes(_ bytes: [UInt8]) -> JSON { .array(bytes.map { .integer(Int($0)) }) }

        return .object([
            "token": .integer(Int(token)),
            "bytes": bytes(logProbability.bytes),
            "logprob": number(logProbability.logProbability),
            "top_logprobs": .array(
                logProbability.top.map { candidate in
                    .object([
                        "token": .integer(Int(candidate.token)),
                        "bytes": bytes(candidate.bytes),
                        "logprob": number(candidate.logProbability),
                    ])
                }),
        ])
    }

    private static func paint(_ text: String, _ origin: Generation.Origin) -> String {
        switch origin {
        case .accepted: Console.force(text, .green)
        case .recovered: Console.force(text, .yellow)
        case .bonus: Console.force(text, .cyan)
        case .plain: text
        }
    }
}
