import ForetokenModels
import Speculation
import TestSupport
import Testing

@testable import ForetokenEngine

/// Where slots have memory of their own, and each brings two rows or more, no pass depends on who else is in it.
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
                isolatesSlots: true)
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

        /// Of each row that a slot brings, with the slot alone in passes of so many rows, or one more.
        func alone(_ count: Int, of slot: Int, by width: Int) throws -> [[Float]] {
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

        /// - Returns: the slots whose logits are not those of the slot alone.
        func different(_ counts: [Int]) throws -> [Int] {
            let alone = try counts.enumerated().map { try $1 > 0 ? self.alone($1, of: $0, by: 2) : [] }
            let slots = counts.indices.filter { counts[$0] > 0 }
            let order = PassOrder(slots.map { ($0, counts[$0]) }).places.map { slots[$0] }
            try self.model.decode(order.flatMap { self.next(counts[$0], of: $0) })
            var row = 0
            let different = try order.filter { slot in
                defer { row += counts[slot] }
                return try (0..<counts[slot]).contains { try logits(of: self.model, row: row + $0) != alone[slot][$0] }
            }
            try self.rollBack()
            return different
        }
    }

    @Test func `Slots whose rows differ by one stand in falling order, and others share`() {
        func order(_ parts: (slot: Int, rows: Int)...) -> [Int] { PassOrder(parts).places.map { parts[$0].slot } }
        #expect(order((0, 4), (1, 3)) == [1, 0])
        #expect(order((1, 3), (0, 3)) == [0, 1])
        #expect(order((0, 5), (1, 2), (2, 5), (3, 3)) == [3, 0, 1, 2])
        #expect(order((0, 2), (1, 4), (2, 3)) == [2, 0, 1])
        #expect(order((0, 2), (2, 2), (3, 2)) == [2, 3, 0], "only neighbours share anyway")
        #expect(order((0, 1), (1, 3), (2, 1)) == [2, 1, 0], "a lone first row stays alone")
        #expect(order() == [])
    }

    @Test func `Slots with unequal rows compute what each computes alone`() throws {
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
