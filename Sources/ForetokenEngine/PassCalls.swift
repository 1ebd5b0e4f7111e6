internal import Speculation

/// The calls of the library that a pass is made of, one after the other.
///
/// Where passes are to agree to the last bit, a call is as wide as `ExactPasses` allows, and of slots with memory of
/// their own it holds only such as follow each other and bring equally many rows: the library computes these in one
/// piece, and no others. Otherwise all rows are in one call.
struct PassCalls: Equatable {
    struct Call: Equatable {
        /// Places of the parts; one, where its rows come in several pieces.
        var parts: [Int]
        /// Rows of each of these parts, in pieces that are computed one after the other.
        var pieces: [Range<Int>]
    }

    /// What an entry brings.
    struct Part {
        var slot: Int
        var rows: Int
        /// Whether all of them are of a prompt.
        var isPrompt = false
    }

    let calls: [Call]

    init(_ parts: [Part], exact: ExactPasses?) {
        let places = parts.indices.sorted { parts[$0].slot < parts[$1].slot }
        guard let exact else {
            self.calls = places.isEmpty ? [] : [Call(parts: places, pieces: [])]
            return
        }
        var calls: [Call] = []
        for place in places {
            let part = parts[place]
            let isAlone = part.isPrompt && !exact.isUniform
            let pieces = isAlone ? [0..<part.rows] : Self.pieces(part.rows, most: exact.most)
            if !isAlone, exact.sharesCalls, pieces.count == 1, let last = calls.last, let other = last.parts.last,
                last.pieces == pieces, parts[other].slot == part.slot - 1,
                exact.isUniform || !parts[other].isPrompt,
                (last.parts.count + 1) * part.rows <= exact.most
            {
                calls[calls.count - 1].parts.append(place)
            } else {
                calls.append(Call(parts: [place], pieces: pieces))
            }
        }
        self.calls = calls
    }

    /// As few pieces as there can be, none more than one row longer than another.
    private static func pieces(_ rows: Int, most: Int) -> [Range<Int>] {
        let count = (rows + most - 1) / most
        return (0..<count).map { rows * $0 / count..<rows * ($0 + 1) / count }
    }
}
