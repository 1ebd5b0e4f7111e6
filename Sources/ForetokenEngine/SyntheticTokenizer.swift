internal import Speculation

/// One token for each byte.
struct SyntheticTokenizer: Tokenizer {
    let tokensOfBytes: [Token]

    var longestToken: Int? { 1 }

    func tokenize(_ text: String) throws(ModelError) -> [Token] {
        if text.isEmpty {
            throw .cannotTokenize(reason: "it is empty, and this model has no token to begin a text with")
        }
        return text.utf8.map { self.tokensOfBytes[Int($0)] }
    }
}
