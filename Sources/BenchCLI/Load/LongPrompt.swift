import CommandSupport
import ForetokenEngine
import Speculation

/// Prompts that fill most of a slot, each with a beginning of its own, so that none continues another.
struct LongPrompt: Sendable {
    /// Tokens of each, about.
    let tokens: Int
    private let body: String

    /// Share of the tokens that a slot holds.
    static let share = 0.9

    /// - Parameter texts: to write it with, over and over.
    init(of texts: [String], for target: TargetEngine) async throws(CommandError) {
        let most = Int(Double(target.description.contextLength) * Self.share)
        do {
            let passage = Array(texts.joined(separator: "\n") + "\n")
            let once = try await target.tokenize(String(passage)).count
            let copies = 2 * most / max(1, once) + 1
            let whole = Array(repeatElement(passage, count: copies).joined())
            // The longest beginning that still fits; tokens hardly ever become fewer with more text.
            var (fits, exceeds) = (1, whole.count + 1)
            while exceeds - fits > 1 {
                let middle = (fits + exceeds) / 2
                if try await target.tokenize(String(whole[..<middle])).count <= most {
                    fits = middle
                } else {
                    exceeds = middle
                }
            }
            self.body = String(whole[..<fits])
            self.tokens = try await target.tokenize(self.body).count
        } catch {
            throw CommandError(error)
        }
    }

    func text(_ number: Int) -> String { "\(number)\n\(self.body)" }
}
