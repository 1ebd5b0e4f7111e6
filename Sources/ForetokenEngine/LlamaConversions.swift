package import Llama
internal import Speculation

extension ModelError {
    package init(_ error: LlamaError, path: String) {
        switch error {
        case .fileMissing(let path): self = .fileMissing(path)
        case .notLoadable(let path, let reason): self = .notLoadable(path, reason: reason)
        case .wrongLibrary(let found, let wanted): self = .wrongLibrary(found: found, wanted: wanted)
        case .noDevice(let kinds): self = .noDevice(builtFor: kinds)
        case .tooFewDevices(let names, let wanted): self = .tooFewDevices(names, wanted: wanted)
        case .noRPC: self = .noRPC
        case .noServer(let address, let reason): self = .noServer(address, reason: reason)
        case .noContext(let reason): self = .noRoom(reason: reason)
        case .textTooLong: self = .cannotTokenize(reason: "it is too long")
        case .zeroByte:
            self = .cannotTokenize(reason: "a message holds a zero byte, which a chat template cannot carry")
        case .unknownChatTemplate: self = .unknownChatTemplate
        case .notWritable(let path, let reason): self = .notWritable(path, reason: reason)
        }
    }

    /// - Precondition: the pass is not `done`.
    init(_ outcome: Context.Outcome) {
        switch outcome {
        case .done: preconditionFailure("a pass that is done is not an error")
        case .noRoom: self = .noRoom(reason: "the memory of all slots together is full")
        case .aborted: self = .decodeFailed(code: 2)
        case .invalid: self = .decodeFailed(code: -1)
        case .failed(let code): self = .decodeFailed(code: code)
        }
    }
}

extension Vocabulary {
    /// Reads a model's vocabulary.
    ///
    /// The fingerprint leaves out tokens at the end that mean nothing: models of one family fill their vocabularies up
    /// to different sizes, and are a pair all the same.
    init(of vocabulary: ModelVocabulary) {
        let size = Int32(vocabulary.size)
        let endOfGeneration = (0..<size).filter { vocabulary.isEndOfGeneration($0) }
        var used = size
        while used > 0, vocabulary.isUnused(used - 1) { used -= 1 }

        var digest = VocabularyDigest()
        for token in 0..<used {
            digest.add(bytes: vocabulary.bytes(of: token, special: true), isControl: vocabulary.isControl(token))
        }
        self.init(
            pieces: (0..<size).map { vocabulary.isControl($0) ? [] : vocabulary.bytes(of: $0) },
            endOfGeneration: Set(endOfGeneration.map { Token($0) }), digest: digest)
    }
}
