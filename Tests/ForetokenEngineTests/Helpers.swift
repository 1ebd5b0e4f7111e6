import ForetokenEngine
import Speculation

/// Rows of one slot that all want logits.
func rows(_ tokens: [Token], slot: Int, at position: Int = 0) -> [Row] {
    tokens.enumerated().map { Row(token: $1, slot: slot, position: position + $0, wantsLogits: true) }
}

func logits(of model: some LanguageModel, row: Int) throws -> [Float] {
    try model.withLogits(ofRow: row) { logits in logits.indices.map { logits[$0] } }
}

func mostProbable(_ model: some LanguageModel, row: Int) throws -> Token {
    try model.withLogits(ofRow: row) { logits in
        var best = 0
        for token in logits.indices where logits[token] > logits[best] { best = token }
        return Token(best)
    }
}
