import ForetokenEngine
import Speculation
import TestSupport
import Testing

@Suite(.oneAtATime) struct SyntheticModelTests {
    @Test(arguments: [2, 64, 257, 320, 1000])
    func vocabularyHasOnePieceForEachTokenAndAnEnd(size: Int) {
        let vocabulary = SyntheticLanguage(vocabularySize: size).vocabulary
        #expect(vocabulary.size == size)
        #expect(vocabulary.endOfGeneration == [Token(size - 1)])
        #expect(vocabulary.pieces.filter(\.isEmpty).count == 1)
        #expect(Set(vocabulary.pieces).count == size)
    }

    @Test func fingerprintTellsVocabulariesApart() {
        let prints = [63, 64, 257, 320].map { SyntheticLanguage(vocabularySize: $0).vocabulary.fingerprint }
        #expect(Set(prints).count == prints.count)
        #expect(prints[1] == SyntheticLanguage(vocabularySize: 64, seed: 9).vocabulary.fingerprint)
    }

    @Test func textComesBackFromItsTokens() throws {
        let model = SyntheticModel()
        let text = "Zoë says \0 日本語 🙂\n"
        #expect(model.vocabulary.bytes(of: try model.tokenize(text)) == Array(text.utf8))
        #expect(throws: ModelError.self) { try model.tokenize("") }
        let small = SyntheticModel(language: SyntheticLanguage(vocabularySize: 64))
        #expect(small.vocabulary.bytes(of: try small.tokenize("hello World 42")) == Array("hello World 42".utf8))
        #expect(try small.tokenize("日本").allSatisfy { $0 < 63 })
    }

    @Test func sameContextGivesSameLogitsInAnySlotAndPass() throws {
        let model = SyntheticModel(slots: 2)
        let tokens = try model.tokenize("abcabc")
        try model.decode(rows(tokens, slot: 0))
        let together = try (0..<tokens.count).map { try logits(of: model, row: $0) }
        for (position, token) in tokens.enumerated() {
            try model.decode(rows([token], slot: 1, at: position))
            #expect(try logits(of: model, row: 0) == together[position])
        }
        #expect(model.passes == 7)
        #expect(model.rowsComputed == 12)
        // Three tokens decide: the second "abc" is as the first, once it is three tokens long.
        #expect(together[2] == together[5])
        #expect(together[1] != together[4])
    }

    @Test func rollBackForgetsTokens() throws {
        let model = SyntheticModel()
        try model.decode(rows([1, 2, 3], slot: 0))
        try model.decode(rows([4], slot: 0, at: 3))
        let first = try logits(of: model, row: 0)
        try model.rollBack(slot: 0, to: 2)
        #expect(model.tokens[0] == [1, 2])
        try model.decode(rows([9], slot: 0, at: 2))
        #expect(try logits(of: model, row: 0) != first)
        try model.rollBack(slot: 0, to: 2)
        try model.decode(rows([3, 4], slot: 0, at: 2))
        #expect(try logits(of: model, row: 1) == first)
        try model.rollBack(slot: 0, to: 0)
        try model.rollBack(slot: 0, to: 0)
        #expect(throws: ModelError.self) { try model.rollBack(slot: 9, to: 0) }
        #expect(throws: ModelError.self) { try model.rollBack(slot: 0, to: -1) }
    }

    @Test func copyHoldsTheFirstRowsOfAnotherSlot() throws {
        let model = SyntheticModel(slots: 3)
        try model.decode(rows([1, 2, 3, 4], slot: 0) + rows([9, 9, 9, 9, 9], slot: 1))
        try model.copy(from: 0, to: 1, count: 3)
        #expect(model.tokens == [[1, 2, 3, 4], [1, 2, 3], []])
        try model.decode(rows([7], slot: 1, at: 3) + rows([5], slot: 0, at: 4))
        #expect(model.tokens == [[1, 2, 3, 4, 5], [1, 2, 3, 7], []])
        try model.copy(from: 0, to: 1, count: 0)
        try model.copy(from: 0, to: 0, count: 2)
        #expect(model.tokens == [[1, 2], [], []])
        for (source, slot, count) in [(0, 1, 3), (0, 1, -1), (0, 3, 1), (-1, 0, 0)] {
            #expect(throws: ModelError.self) { try model.copy(from: source, to: slot, count: count) }
        }
        #expect(model.tokens == [[1, 2], [], []])
    }

    @Test func badRowsChangeNothing() throws {
        let model = SyntheticModel(slots: 2, context: 4, maxRows: 5)
        try model.decode(rows([1, 2], slot: 0))
        for bad in [
            [], rows([1], slot: 0), rows([1], slot: 0, at: 3), rows([1], slot: 1, at: 1), rows([1], slot: 2),
            rows([1], slot: -1), rows([320], slot: 1), rows([1, 2, 3], slot: 0, at: 2),
            rows([1, 2, 3, 4, 5, 6], slot: 1), rows([1], slot: 0, at: 2) + rows([1], slot: 0, at: 2),
        ] {
            #expect(throws: ModelError.self) { try model.decode(bad) }
        }
        #expect(model.tokens == [[1, 2], []])
        try model.decode(rows([3, 4], slot: 0, at: 2) + rows([5], slot: 1))
    }

    @Test func onlyRowsThatWantLogitsHaveThem() throws {
        let model = SyntheticModel()
        try model.decode([
            Row(token: 1, slot: 0, position: 0, wantsLogits: false),
            Row(token: 2, slot: 0, position: 1, wantsLogits: true),
        ])
        #expect(try logits(of: model, row: 1).count == 320)
        for row in [-1, 0, 2] {
            #expect(throws: ModelError.self) { try model.withLogits(ofRow: row) { $0.count } }
        }
    }

    @Test(arguments: [0, 0.3, 0.8, 1], [64, 320])
    func perturbedModelAgreesAsOftenAsAsked(agreement: Double, size: Int) throws {
        let target = SyntheticModel(language: SyntheticLanguage(vocabularySize: size), context: 8192)
        let draft = target.perturbed(seed: 7, agreement: agreement)
        #expect(draft.vocabulary.fingerprint == target.vocabulary.fingerprint)
        var token: Token = 0
        var agreed = 0
        let count = 2000
        for position in 0..<count {
            try target.decode(rows([token], slot: 0, at: position))
            try draft.decode(rows([token], slot: 0, at: position))
            let choice = try mostProbable(target, row: 0)
            if try mostProbable(draft, row: 0) == choice { agreed += 1 }
            #expect(choice != Token(size - 1))
            // Contexts that do not repeat: some other token than the favourite now and then.
            token = position % 5 == 0 ? Token(position / 5 % (size - 1)) : choice
        }
        #expect(abs(Double(agreed) / Double(count) - agreement) < 0.05)
    }

    @Test func textEndsAsOftenAsAsked() throws {
        let model = SyntheticModel(language: SyntheticLanguage(vocabularySize: 64, endShare: 0.1), context: 8192)
        let tokens = (0..<2000).map { Token((0x9e37 * $0 >> 4) % 61) }
        var ends = 0
        for start in stride(from: 0, to: tokens.count, by: 200) {
            try model.decode(rows(Array(tokens[start..<start + 200]), slot: 0, at: start))
            for row in 0..<200 where try mostProbable(model, row: row) == 63 { ends += 1 }
        }
        #expect((50...400).contains(ends))
    }
}
