import ForetokenModels
import Foundation
import Speculation
import TestSupport
import Testing

@testable import ForetokenEngine

@Suite(.oneAtATime) struct LlamaModelTests {
    private static let prompt =
        "import Foundation\n\nfunc main() {\n    let values = [1, 2, 3]\n    for value in values {"

    private func target(
        slots: Int = 1, context: Int = 256, maxRows: Int = 64, isolatesSlots: Bool = false, fusesAttention: Bool = false
    ) throws -> LlamaModel {
        try LlamaModel(
            path: try #require(BundledModels.target), slots: slots, context: context, maxRows: maxRows,
            isolatesSlots: isolatesSlots, fusesAttention: fusesAttention)
    }

    @Test func describesItself() throws {
        let target = try self.target(slots: 2, context: 300)
        let draft = try LlamaModel(path: try #require(BundledModels.draft))
        #expect(target.description.vocabularySize == 8192)
        #expect(target.description.contextLength == 300)
        #expect(draft.description.contextLength == 2048)
        #expect(target.description.parameters > 12_000_000)
        #expect(!target.description.name.isEmpty)
        #expect(target.description.vocabularyFingerprint == draft.description.vocabularyFingerprint)
        #expect(target.vocabulary.endOfGeneration == [0])
        #expect(target.vocabulary.pieces[0].isEmpty)
        #expect(target.canRollBack && draft.canRollBack)
        let execution = try #require(draft.description.execution)
        #expect(execution.threads == 1 && execution.cores > 0 && execution.canRollBack)
        #expect(
            execution.weightType == "Q8_0" && execution.largePageShare == nil, "too small for large pages to matter")
        #expect(try LlamaModel(path: BundledModels.draft!, context: 100_000).description.contextLength == 2048)
    }

    #if os(Linux)
        @Test(.enabled(if: FileManager.default.fileExists(atPath: "/sys/kernel/mm/transparent_hugepage/enabled")))
        func asksForLargePagesForItsWeights() throws {
            let model = try self.target()
            var size = 0
            var largest = 0
            // `String(contentsOfFile:)` ends at the first page of such a file.
            let maps = try #require(try FileHandle(forReadingAtPath: "/proc/self/smaps")?.readToEnd())
            for line in String(decoding: maps, as: UTF8.self).split(separator: "\n") {
                let words = line.split(separator: " ")
                if words[0] == "Size:" { size = Int(words[1])! * 1024 }
                if words[0] == "VmFlags:", words.contains("hg") { largest = max(largest, size) }
            }
            // Two bytes each.
            #expect(largest >= 2 * Int(model.description.parameters))
            let share = try #require(model.description.execution?.largePageShare)
            #expect((0...1).contains(share))
        }
    #endif

    @Test(arguments: [
        "Hello, world", "  two\n\n\tand tabs ", "Zoë, 日本語, 🙂👩‍🚀", "NUL \0 in \0\0 between", "<|endoftext|>",
        "\u{200b}\u{fffd}",
        String(repeating: "a", count: 5000),
    ])
    func textComesBackFromItsTokens(text: String) throws {
        let model = try self.target()
        let tokens = try model.tokenize(text)
        #expect(model.vocabulary.bytes(of: tokens) == Array(text.utf8))
        // A name of a control token is text, so nobody ends a text from within a prompt.
        #expect(!tokens.dropFirst().contains(0))
    }

    @Test func goesOnlyOnWhereASlotEnds() throws {
        let model = try self.target(slots: 2, context: 256, maxRows: 8)
        try model.decode(rows([5, 6, 7], slot: 0))
        for bad in [
            [], rows([1], slot: 0), rows([1], slot: 0, at: 2), rows([1], slot: 0, at: 4), rows([1], slot: 1, at: 1),
            rows([1], slot: 2), rows([1], slot: -1), rows([8192], slot: 1), rows([.max], slot: 1),
            rows(Array(repeating: 1, count: 9), slot: 1),
        ] {
            #expect(throws: ModelError.self) { try model.decode(bad) }
        }
        try model.decode(rows([8], slot: 0, at: 3) + rows([5], slot: 1))
        #expect(throws: ModelError.self) { try model.withLogits(ofRow: 2) { $0.count } }
        #expect(throws: ModelError.self) { try model.withLogits(ofRow: -1) { $0.count } }
    }

    @Test func aSlotIsFullAtItsContext() throws {
        let model = try self.target(slots: 2, context: 8, maxRows: 16)
        try model.decode(rows([1, 2, 3, 4, 5, 6, 7, 8], slot: 0) + rows([1, 2, 3, 4, 5, 6, 7, 8], slot: 1))
        #expect(throws: ModelError.noRoom(reason: "slot 1 holds 8 tokens and is full")) {
            try model.decode(rows([1], slot: 1, at: 8))
        }
        try model.rollBack(slot: 1, to: 0)
        try model.decode(rows([1, 2], slot: 1))
    }

    @Test func rollBackThenRedoGivesIdenticalLogits() throws {
        let model = try self.target()
        let tokens = try model.tokenize(Self.prompt)
        try model.decode(rows(tokens, slot: 0))
        let next = rows([11, 12, 13], slot: 0, at: tokens.count)
        try model.decode(next)
        let first = try (0..<3).map { try logits(of: model, row: $0) }
        try model.rollBack(slot: 0, to: tokens.count + 1)
        try model.decode(rows([99, 98, 97, 96], slot: 0, at: tokens.count + 1))
        try model.rollBack(slot: 0, to: tokens.count)
        try model.decode(next)
        #expect(try (0..<3).map { try logits(of: model, row: $0) } == first)
        #expect(throws: ModelError.self) { try model.rollBack(slot: 1, to: 0) }
        #expect(throws: ModelError.self) { try model.rollBack(slot: 0, to: -1) }
    }

    @Test(arguments: [false, true], [0, 5]) func copiedPrefixIsAsGoodAsFed(isolatesSlots: Bool, more: Int) throws {
        let tokens = try self.target().tokenize(Self.prompt)
        let prefix = tokens.count - 10
        let next = [Token](tokens[prefix...])
        func model() throws -> LlamaModel { try self.target(slots: 3, isolatesSlots: isolatesSlots) }

        let fed = try model()
        try fed.decode(rows(Array(tokens[..<prefix]), slot: 1))
        try fed.decode(rows(next, slot: 1, at: prefix))
        let expected = try next.indices.map { try logits(of: fed, row: $0) }

        // The source may hold more than is copied, and the slot anything.
        let copied = try model()
        try copied.decode(rows(Array(tokens[..<prefix]), slot: 2))
        if more > 0 { try copied.decode(rows(Array(5..<Token(5 + more)), slot: 2, at: prefix)) }
        try copied.copy(from: 2, to: 1, count: prefix)
        if more > 0 {
            try copied.decode(rows([3, 3, 3], slot: 1, at: prefix))
            try copied.copy(from: 2, to: 1, count: prefix)
            try copied.rollBack(slot: 2, to: prefix)
        }
        try copied.decode(rows(next, slot: 1, at: prefix))
        #expect(try next.indices.map { try logits(of: copied, row: $0) } == expected)

        // The source goes on: to the last bit where its rows lie as they would without the copy.
        try copied.decode(rows(next, slot: 2, at: prefix))
        for row in next.indices {
            let found = try logits(of: copied, row: row)
            #expect(zip(expected[row], found).map { abs($0 - $1) }.max()! <= (isolatesSlots ? 0 : 0.01))
        }
        // And the copy is its own: dropping it takes nothing from the source.
        try copied.rollBack(slot: 1, to: 0)
        try copied.rollBack(slot: 2, to: prefix)
        try copied.decode(rows(next, slot: 2, at: prefix))
        #expect(try zip(expected[0], logits(of: copied, row: 0)).map { abs($0 - $1) }.max()! <= 0.01)
        try copied.copy(from: 2, to: 2, count: 3)
        try copied.decode(rows([1], slot: 2, at: 3))
        #expect(throws: ModelError.self) { try copied.copy(from: 2, to: 1, count: 5) }
        #expect(throws: ModelError.self) { try copied.copy(from: 2, to: 3, count: 1) }
    }

    /// Passes of different widths use different kernels, which may round a near-tie differently, and nothing else.
    @Test(arguments: [1, 2, 3, 9]) func passWidthChangesNothingButRounding(width: Int) throws {
        let whole = try self.target(maxRows: 128)
        let pieces = try self.target()
        let tokens = try whole.tokenize(Self.prompt)
        try whole.decode(rows(tokens, slot: 0))
        for start in stride(from: 0, to: tokens.count, by: width) {
            let piece = Array(tokens[start..<min(start + width, tokens.count)])
            try pieces.decode(rows(piece, slot: 0, at: start))
            for row in piece.indices {
                let expected = try logits(of: whole, row: start + row)
                let found = try logits(of: pieces, row: row)
                let difference = zip(expected, found).map { abs($0 - $1) }.max()!
                #expect(difference < 0.1)
                let choice = Int(try mostProbable(pieces, row: row))
                #expect(expected.max()! - expected[choice] <= 2 * difference)
            }
        }
    }

    @Test(arguments: [(false, false), (true, false), (false, true)])
    func slotsDoNotSeeEachOther(isolatesSlots: Bool, fusesAttention: Bool) throws {
        let prompts = ["def main():\n    return", "The kernel is", Self.prompt]
        let together = try self.target(
            slots: 3, maxRows: 128, isolatesSlots: isolatesSlots, fusesAttention: fusesAttention)
        let tokens = try prompts.map { try together.tokenize($0) }
        var pass = tokens.enumerated().flatMap { rows($1, slot: $0) }
        var positions = tokens.map(\.count)
        var texts: [[Token]] = [[], [], []]
        for _ in 0..<12 {
            try together.decode(pass)
            let last = positions.indices.map { slot in pass.lastIndex { $0.slot == slot }! }
            let chosen = try last.map { try mostProbable(together, row: $0) }
            for slot in 0..<3 { texts[slot].append(chosen[slot]) }
            pass = (0..<3).flatMap { rows([chosen[$0]], slot: $0, at: positions[$0]) }
            for slot in 0..<3 { positions[slot] += 1 }
        }
        for slot in 0..<3 {
            let alone = try self.target()
            var pass = rows(tokens[slot], slot: 0)
            for expected in texts[slot] {
                try alone.decode(pass)
                let chosen = try mostProbable(alone, row: pass.count - 1)
                if chosen != expected {
                    // Other rows in the pass may round a near-tie differently; the texts part there.
                    let logits = try logits(of: alone, row: pass.count - 1)
                    #expect(logits[Int(chosen)] - logits[Int(expected)] < 0.05)
                    break
                }
                pass = rows([chosen], slot: 0, at: pass.last!.position + 1)
            }
        }
    }
}
