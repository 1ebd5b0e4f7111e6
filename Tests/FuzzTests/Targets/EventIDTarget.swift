import Foundation

@testable import Foretoken
@testable import ForetokenGateway

extension FuzzTarget {
    /// What clients send back of a stream: whatever it says, nothing is asked for that a request could not ask for.
    static let eventID = FuzzTarget(
        "event-id",
        stretch: { size in
            ["A", "gICA", "_", "\u{0}"].map { Array((String(repeating: $0, count: size / $0.utf8.count)).utf8) }
        }
    ) { bytes throws(Broken) in
        // As it comes, or the numbers that it is made of.
        let isText = bytes.first.map { $0 & 1 == 0 } ?? true
        let text =
            isText
            ? String(decoding: bytes, as: UTF8.self)
            : Data(bytes.dropFirst()).base64EncodedString().replacingOccurrences(of: "+", with: "-")
                .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
        guard let id = try? EventID(text) else { return false }
        let tokens = id.choices.reduce(0) { sum, choice in
            if case .open(let open) = choice { sum + open.tokens.count } else { sum }
        }
        try must(tokens + id.choices.count <= text.utf8.count, "\(tokens) tokens are made of \(text.utf8.count) bytes")
        if let written = id.text { try must((try? EventID(written)) == id, "an id is read in two ways") }
        let body = Data(#"{"prompt":"a","stream":true,"n":\#(max(1, id.choices.count))}"#.utf8)
        guard let decoded = try? BodyDecoder.decode(CompletionBody.self, from: body),
            var request = try? TextRequest(decoded, seed: 1)
        else { return true }
        do throws(OpenAIError) {
            try request.resume(behind: text, of: id.origin)
        } catch {
            try must(error.status == 400, "an id has the status \(error.status)")
            return true
        }
        for text in request.texts.prefix(4) {
            let count = text.options.committed.count
            try must(count <= tokens, "\(count) tokens are committed, of \(tokens)")
            do throws(ForetokenError) {
                _ = try text.options.request(prompt: text.prompt)
            } catch {
                try must(OpenAIError(error).status == 400, "an id leads to \(error)")
            }
        }
        return true
    }
}
