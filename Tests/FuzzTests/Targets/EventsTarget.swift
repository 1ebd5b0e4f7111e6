import Foundation

@testable import OpenAIClient

extension FuzzTarget {
    /// What a server streams to the load test's client: however it is cut, it is read the same.
    static let events = FuzzTarget(
        "events",
        stretch: { size in
            ["data: a\n", "\n", "data\n", "event: a\n", ":\n", "data: {\"choices\":[]}\n\n", "a"].map {
                Array(String(repeating: $0, count: size / $0.utf8.count).utf8)
            }
        }
    ) { bytes throws(Broken) in
        var tape = Tape(bytes)
        let width = 1 + tape.below(16)
        let stream = Array(bytes.dropFirst())
        let (whole, wholeError) = Self.read([stream])
        let pieces = stride(from: 0, to: stream.count, by: width).map {
            Array(stream[$0..<min($0 + width, stream.count)])
        }
        let (cut, cutError) = Self.read(pieces)
        try must(wholeError == cutError, "ends with \(wholeError ?? "nothing"), cut with \(cutError ?? "nothing")")
        try must(whole.textHash == cut.textHash && whole.tokens == cut.tokens, "reads another text where it is cut")
        try must(whole.arrivals.count == cut.arrivals.count, "reads other arrivals where it is cut")
        _ = try? ModelList(stream)
        try must(ServerError.words(in: stream).count <= 300, "a server's words are not cut")
        return !whole.arrivals.isEmpty
    }

    private static func read(_ pieces: [[UInt8]]) -> (StreamedCompletion, String?) {
        var reader = CompletionReader()
        let now = ContinuousClock.now
        do throws(OpenAIError) {
            for piece in pieces { _ = try reader.take(piece, at: now) }
            try reader.end()
            return (reader.completion, nil)
        } catch {
            return (reader.completion, "\(error)")
        }
    }
}
