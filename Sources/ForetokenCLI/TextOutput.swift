import Foretoken
import Synchronization

/// Prints a text as it comes, and keeps it.
final class TextOutput: Sendable {
    private let color: Bool
    private let isSilent: Bool
    private let state = Mutex((text: "", tokens: [UInt32](), isEnded: false))

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
        let (text, tokens, _) = self.state.withLock { $0 }
        return .object([
            "text": .string(text),
            "tokens": .array(tokens.map { .integer(Int($0)) }),
            "finish_reason": .string(finishReason),
            "statistics": report.json,
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
