import CForetokenProtos
import CProtobufC
import Speculation

extension Sampling {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__Sampling> {
        arena.make(foretoken__v1__sampling__init) {
            $0.temperature = self.temperature
            $0.top_k = UInt32(count: self.topK)
            $0.top_p = self.topP
            $0.min_p = self.minP
            $0.seed = self.seed
        }
    }

    /// Reads the values whether they make sense together or not; `Field.sampling` refuses what has a `fault`.
    init(_ message: Foretoken__V1__Sampling) throws(WireError) {
        self.init(
            temperature: message.temperature, topK: try Field("top_k").count(message.top_k), topP: message.top_p,
            minP: message.min_p, seed: message.seed)
    }
}

extension Field {
    func sampling(_ message: UnsafeMutablePointer<Foretoken__V1__Sampling>?) throws(WireError) -> Sampling {
        try self.check(try self.message(message, Sampling.init)) { $0.fault == nil }
    }
}

extension Ending {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__Ending> {
        arena.make(foretoken__v1__ending__init) {
            $0.earliest = UInt32(count: self.earliest)
            $0.ignored = self.isIgnored ? 1 : 0
        }
    }

    init(_ message: Foretoken__V1__Ending) throws(WireError) {
        self.init(earliest: try Field("earliest").count(message.earliest), isIgnored: message.ignored != 0)
    }
}

extension Request {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__Request> {
        arena.make(foretoken__v1__request__init) {
            switch self.prompt {
            case .text(let text): $0.prompt = arena.bytes(text)
            case .chat(let turns): ($0.n_messages, $0.messages) = arena.copy(turns) { $0.message(in: arena) }
            case .tokens(let tokens): ($0.n_prompt_tokens, $0.prompt_tokens) = arena.copy(tokens)
            }
            ($0.n_committed, $0.committed) = arena.copy(self.committed)
            $0.sampling = self.sampling.message(in: arena)
            $0.max_tokens = UInt32(count: self.maxTokens)
            $0.min_tokens = UInt32(count: self.minTokens)
            $0.ignore_eos = self.ignoresEnd ? 1 : 0
            ($0.n_stop, $0.stop) = arena.copy(self.stop.map { arena.bytes($0) })
            $0.lookahead = arena.string(self.lookahead?.description ?? "")
            $0.scores = self.scores ? 1 : 0
            $0.likelihoods = self.likelihoods == nil ? 0 : 1
            $0.likelihood_top = UInt32(count: self.likelihoods ?? 0)
            $0.weights_fingerprint = self.weightsFingerprint
            if let id = self.names.id { $0.request_id = arena.string(id.description) }
            if let trace = self.names.trace { $0.traceparent = arena.string(trace.text) }
        }
    }

    init(_ message: Foretoken__V1__Request) throws(WireError) {
        let stops = try Field("stop").array(message.stop, message.n_stop, atMost: Limits.stopStrings)
        var stop: [String] = []
        for bytes in stops {
            stop.append(
                try Field("stop").check(try Field("stop").text(bytes, atMost: Limits.stopStringBytes)) { !$0.isEmpty })
        }
        let likelihoodTop = try Field("likelihood_top").check(
            try Field("likelihood_top").count(message.likelihood_top)
        ) { $0 <= Likelihood.mostTop }
        self.init(
            prompt: try PromptForm(message),
            committed: try Field("committed").array(
                message.committed, message.n_committed, atMost: Limits.sequenceTokens),
            sampling: try Field("sampling").sampling(message.sampling),
            maxTokens: try Field("max_tokens").count(message.max_tokens),
            minTokens: try Field("min_tokens").count(message.min_tokens),
            ignoresEnd: message.ignore_eos != 0,
            stop: stop,
            lookahead: try Field("lookahead").text(message.lookahead).isEmpty
                ? nil : try Field("lookahead").rule(message.lookahead),
            scores: message.scores != 0,
            likelihoods: message.likelihoods != 0 ? likelihoodTop : nil,
            weightsFingerprint: message.weights_fingerprint,
            names: RequestNames(
                id: Field("request_id").optionalText(message.request_id).flatMap { RequestID($0) },
                trace: Field("traceparent").optionalText(message.traceparent).flatMap { TraceParent($0) }))
    }
}

extension PromptForm {
    /// - Throws: `WireError.invalid` where there is more than one form, too. None is a text without a character.
    init(_ message: Foretoken__V1__Request) throws(WireError) {
        let text = try Field("prompt").text(message.prompt, atMost: Envelope.maximumSize)
        let turns = try Field("messages").array(
            message.messages, message.n_messages, atMost: Limits.chatMessages, ChatTurn.init)
        let tokens = try Field("prompt_tokens").array(
            message.prompt_tokens, message.n_prompt_tokens, atMost: Limits.sequenceTokens)
        switch (text.isEmpty, turns.isEmpty, tokens.isEmpty) {
        case (_, true, true): self = .text(text)
        case (true, false, true): self = .chat(turns)
        case (true, true, false): self = .tokens(tokens)
        default: throw .invalid("prompt")
        }
    }
}

extension ChatTurn {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__ChatMessage> {
        arena.make(foretoken__v1__chat_message__init) {
            $0.role = arena.string(self.role)
            $0.content = arena.bytes(self.content)
        }
    }

    init(_ message: Foretoken__V1__ChatMessage) throws(WireError) {
        self.init(
            role: try Field("role").check(try Field("role").text(message.role), ChatTurn.isRole),
            content: try Field("content").text(message.content, atMost: Envelope.maximumSize))
    }
}
