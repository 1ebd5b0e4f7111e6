internal import Speculation

/// A chat as plain text, for a model that knows no chat template.
///
/// Each message is a paragraph that begins with its role, `User: Hello`, and `Assistant:` at the end asks for the answer.
struct Transcript: Equatable {
    let text: String
    /// Where the model would go on for somebody else.
    let stop: [String]

    private static let answering = "assistant"

    init(_ turns: [ChatTurn]) {
        let paragraphs = turns.map { "\(Self.title(of: $0.role)): \($0.content)" }
        self.text = (paragraphs + ["\(Self.title(of: Self.answering)):"]).joined(separator: "\n\n")
        var others = ["user"]
        var known: Set = [Self.answering, "user"]
        for turn in turns where known.insert(turn.role).inserted { others.append(turn.role) }
        // The empty line before a paragraph is not part of the answer where there is one.
        self.stop = others.flatMap { ["\n\n\(Self.title(of: $0)):", "\n\(Self.title(of: $0)):"] }
    }

    private static func title(of role: String) -> String { role.prefix(1).uppercased() + role.dropFirst() }
}
