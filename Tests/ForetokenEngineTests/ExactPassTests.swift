import ForetokenModels
import Speculation
import TestSupport
import Testing

@testable import ForetokenEngine

/// In the calls of an exact model no row depends on who else is in the pass.
@Suite(.oneAtATime) struct ExactPassTests {
    private static let slots = 6
    private static let text = """
        The kernel reads the file, and then the program that was started by the user calls a function. func main() { \
        let values = [1, 2, 3]; for value in values { print(value) } } def fibonacci(n): return n if n < 2 else \
        fibonacci(n - 1) + fibonacci(n - 2)
        """

    /// Slots that hold texts of different lengths, some more than a block of memory cells.
    private struct Bed {
        let model: LlamaModel
        let texts: [[Token]]
        let lengths: [Int]

        init() throws {
            self.model = try LlamaModel(
                path: try #require(BundledModels.target), slots: ExactPassTests.slots, context: 512, threads: 2,
                exactness: .required)
            let tokens = try self.model.tokenize(String(repeating: ExactPassTests.text, count: 8))
            self.texts = (0..<ExactPassTests.slots).map { Array(tokens[(7 * $0)...]) }
            self.lengths = (0..<ExactPassTests.slots).map { 20 + 70 * $0 }
            for slot in self.texts.indices {
                for start in stride(from: 0, to: self.lengths[slot], by: 10) {
                    try self.model.decode(rows(Array(self.texts[slot][start..<start + 10]), slot: slot, at: start))
                }
            }
        }

        func next(_ count: Int, of slot: Int, after done: Int = 0) -> [Row] {
            let start = self.lengths[slot] + done
            return rows(Array(self.texts[slot][start..<start + count]), slot: slot, at: start)
        }

        func rollBack() throws {
            for slot in self.texts.indices { try self.model.rollBack(slot: slot, to: self.lengths[slot]) }
        }

        /// Logits of each row that a slot brings, computed one by one, or as few at once as may be.
        func alone(_ count: Int, of slot: Int) throws -> [[Float]] {
            let width = self.exact.least
            var found: [[Float]] = []
            while found.count < count {
                let left = count - found.count
                let rows = left < 2 * width ? left : width
                try self.model.decode(self.next(rows, of: slot, after: found.count))
                found += try (0..<rows).map { try logits(of: self.model, row: $0) }
            }
            try self.rollBack()
            return found
        }

        var exact: ExactPasses { self.model.description.rounding!.exact! }

        /// - Returns: the slots whose logits are not those of the slot alone.
        func different(_ counts: [Int]) throws -> [Int] {
            let alone = try counts.enumerated().map { try $1 > 0 ? self.alone($1, of: $0) : [] }
            let slots = counts.indices.filter { counts[$0] > 0 }
            var different: [Int] = []
            let parts = slots.map { PassCalls.Part(slot: $0, rows: counts[$0]) }
            for call in PassCalls(parts, exact: self.exact).calls {
                for piece in call.pieces {
                    let taking = call.parts.map { slots[$0] }
                    try self.model.decode(
                        taking.flatMap { self.next(piece.count, of: $0, after: piece.lowerBound) })
                    for (place, slot) in taking.enumerated() {
                        for (row, index) in piece.enumerated()
                        where try logits(of: self.model, row: place * piece.count + row) != alone[slot][index] {
                            different.append(slot)
                        }
                    }
                }
            }
            try self.rollBack()
            return different
        }
    }

    @Test func slotsWithUnequalRowsComputeWhatEachComputesAlone() throws {
        let bed = try Bed()
        for counts in [
            [4, 3], [3, 4], [2, 3, 4, 5, 6, 7], [7, 6, 5, 4, 3, 2], [5, 2, 5, 2, 5, 2], [2, 2, 2, 2, 2, 2],
            [4, 0, 3, 3],
            [9, 8, 0, 0, 3, 2], [32, 2, 31], [32, 32, 32, 32, 32, 32], [16, 16, 17, 17], [0, 3, 0, 5, 0, 4],
            [2, 32, 3],
        ] {
            #expect(try bed.different(counts) == [], "\(counts)")
        }
        var random = SplitMix64(seed: 5)
        for _ in 0..<24 {
            let most = Bool.random(using: &random) ? 5 : 12
            let counts = (0..<Self.slots).map { _ in
                Int.random(in: 0..<4, using: &random) == 0 ? 0 : Int.random(in: 2...most, using: &random)
            }
            guard counts.contains(where: { $0 > 0 }) else { continue }
            #expect(try bed.different(counts) == [], "\(counts)")
        }
    }
}
