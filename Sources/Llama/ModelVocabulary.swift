internal import CLlama

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// What the token ids of a model mean.
public struct ModelVocabulary {
    private let model: Model
    private let pointer: OpaquePointer

    init(model: Model) {
        self.model = model
        self.pointer = llama_model_get_vocab(model.pointer)
    }

    public var size: Int { Int(llama_vocab_n_tokens(self.pointer)) }

    /// The token that the model wants before every text; `nil` when it wants none.
    public var beginning: Int32? {
        let token = llama_vocab_bos(self.pointer)
        return llama_vocab_get_add_bos(self.pointer) && token != LLAMA_TOKEN_NULL ? token : nil
    }

    /// Whether a token is there to steer the model, not to be read.
    public func isControl(_ token: Int32) -> Bool { llama_vocab_is_control(self.pointer, token) }
    public func isEndOfGeneration(_ token: Int32) -> Bool { llama_vocab_is_eog(self.pointer, token) }
    /// Whether a token means nothing, and only fills the vocabulary up to a round size.
    public func isUnused(_ token: Int32) -> Bool {
        llama_vocab_get_attr(self.pointer, token).rawValue & LLAMA_TOKEN_ATTR_UNUSED.rawValue != 0
    }

    /// Bytes of a text that one token stands for at most; `nil` where bytes of a text may come to no token at all, or to
    /// others than they are, as where a normalizer drops spaces.
    public var longestToken: Int? {
        let kind = self.model.metadata("tokenizer.ggml.model")
        guard let kind, ["llama", "gpt2", "gemma4"].contains(kind) else { return nil }
        let strips = LLAMA_TOKEN_ATTR_LSTRIP.rawValue | LLAMA_TOKEN_ATTR_RSTRIP.rawValue
        var longest = 1
        // A byte without a token of its own may be left out.
        var missing = Set<UInt8>(0...0xf4).subtracting([0xc0, 0xc1])
        for token in 0..<Int32(self.size) {
            guard llama_vocab_get_attr(self.pointer, token).rawValue & strips == 0 else { return nil }
            let bytes = self.bytes(of: token, special: true)
            if bytes.count == 1, !self.isControl(token) { missing.remove(bytes[0]) }
            longest = max(longest, bytes.count)
            // Except with an encoding of bytes, spaces are written as U+2581, and that of a text is taken for one.
            if kind != "gpt2" { longest = max(longest, strlen(llama_vocab_get_text(self.pointer, token))) }
        }
        return missing.isEmpty ? longest : nil
    }

    /// The bytes of a token, which need not be whole characters.
    ///
    /// - Parameter special: whether a control token is rendered by its name; otherwise it has no bytes.
    public func bytes(of token: Int32, special: Bool = false) -> [UInt8] {
        var capacity = 64
        while true {
            var count: Int32 = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, initialized in
                buffer.withMemoryRebound(to: CChar.self) { text in
                    count = llama_token_to_piece(
                        self.pointer, token, text.baseAddress, Int32(capacity), 0, special)
                }
                initialized = Int(max(0, count))
            }
            if count >= 0 { return bytes }
            capacity = Int(-count)
        }
    }

    /// The tokens of a text, whatever its characters, behind the beginning-of-sequence token where the model wants it.
    ///
    /// Names of control tokens in the text are text.
    /// - Throws: `LlamaError.textTooLong` from 2 GiB on.
    public func tokenize(_ text: String) throws(LlamaError) -> [Int32] {
        (self.beginning.map { [$0] } ?? []) + (try self.tokens(of: text))
    }

    /// The tokens of a chat, ended by the cue for the assistant's answer.
    ///
    /// Names of control tokens are such tokens where the template has put them, and text within a message.
    /// - Throws: what `ChatTemplate.render` throws; `LlamaError.textTooLong`.
    public func tokenize(
        chat messages: [ChatTemplate.Message], by template: ChatTemplate
    ) throws(LlamaError) -> [Int32] {
        var tokens = try self.tokens(of: try template.render(messages), special: true)
        let parts = try template.parts(of: messages)
        let own = try self.controls(in: parts.enumerated().filter { $0.offset % 2 == 0 }.map(\.element))
        if tokens.filter(self.isControl) != own {
            // A message says what only the template may say: part by part, at the price of tokens across their seams.
            tokens = []
            for (index, part) in parts.enumerated() { tokens += try self.tokens(of: part, special: index % 2 == 0) }
        }
        if let beginning, tokens.first != beginning { tokens.insert(beginning, at: 0) }
        return tokens
    }

    private func controls(in texts: [String]) throws(LlamaError) -> [Int32] {
        var controls: [Int32] = []
        for text in texts { controls += try self.tokens(of: text, special: true).filter(self.isControl) }
        return controls
    }

    /// - Parameter special: whether names of control tokens in the text are these tokens.
    private func tokens(of text: String, special: Bool = false) throws(LlamaError) -> [Int32] {
        var text = text
        let (tokens, count) = text.withUTF8 { bytes -> ([Int32], Int32) in
            guard let length = Int32(exactly: bytes.count), length > 0 else {
                return ([], bytes.isEmpty ? 0 : Int32.min)
            }
            return bytes.withMemoryRebound(to: CChar.self) { bytes in
                self.tokens(of: bytes.baseAddress!, length: length, special: special)
            }
        }
        guard count >= 0 else { throw .textTooLong }
        return tokens
    }

    /// - Returns: the tokens and their count, which is negative after a failure.
    private func tokens(of text: UnsafePointer<CChar>, length: Int32, special: Bool) -> ([Int32], Int32) {
        var capacity = min(length / 3, Int32.max - 64) + 64
        var count: Int32 = 0
        for _ in 0..<2 {
            let tokens = [Int32](unsafeUninitializedCapacity: Int(capacity)) { buffer, initialized in
                count = llama_tokenize(self.pointer, text, length, buffer.baseAddress, capacity, false, special)
                initialized = Int(max(0, count))
            }
            if count >= 0 || count == Int32.min { return (tokens, count) }
            capacity = -count
        }
        return ([], count)
    }
}
