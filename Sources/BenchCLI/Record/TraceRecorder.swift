import CommandSupport
import Executors
import ForetokenEngine
import Simulation
import Speculation

/// Lets a target write alone, and asks a draft at each position what it would have guessed. Both models on one thread.
actor TraceRecorder {
    nonisolated let header: Trace.Header
    private let target: LlamaModel
    private let draft: LlamaModel
    private nonisolated let sampler: Sampler
    private nonisolated let loop: ThreadLoop

    nonisolated var unownedExecutor: UnownedSerialExecutor { self.loop.asUnownedSerialExecutor() }

    init(target: sending LlamaModel, draft: sending LlamaModel, sampling: Sampling, beyond: Int) {
        self.header = Trace.Header(
            target: target.description.name, draft: draft.description.name,
            temperature: (Double(sampling.temperature) * 1e4).rounded() / 1e4, seed: sampling.seed,
            endTokens: target.vocabulary.endOfGeneration.sorted(), beyond: beyond)
        self.target = target
        self.draft = draft
        self.sampler = Sampler(sampling)
        self.loop = ThreadLoop(name: "recorder")
    }

    /// - Parameter most: tokens of the text at most.
    /// - Returns: `nil` where the text ends at once, so that there is nothing to draft.
    func record(_ prompt: CheckPrompt, most: Int) throws(ModelError) -> Trace.Text? {
        let tokens = try self.target.tokenize(prompt.text)
        let written = try self.write(tokens, most: most)
        guard written.count > 1 else { return nil }
        var text = Trace.Text(
            domain: prompt.domain, prompt: prompt.place, promptTokens: tokens.count, tokens: written, drafted: [],
            beyond: [:])
        try self.draft.rollBack(slot: 0, to: 0)
        var row = try self.draft.feed(tokens, at: 0, slot: 0)
        for (index, token) in written.enumerated() {
            let position = tokens.count + index
            let guess = try self.guess(row, position)
            text.drafted.append(guess)
            if guess.token != token {
                text.beyond[index] = try self.draftBeyond(guess, at: position)
                try self.draft.rollBack(slot: 0, to: position)
            }
            if index + 1 < written.count { row = try self.draft.feed([token], at: position, slot: 0) }
        }
        return text
    }

    /// What the target writes alone, one row a pass.
    private func write(_ prompt: [Token], most: Int) throws(ModelError) -> [Token] {
        try self.target.rollBack(slot: 0, to: 0)
        var row = try self.target.feed(prompt, at: 0, slot: 0)
        var written: [Token] = []
        while true {
            let position = prompt.count + written.count
            let choice = try self.target.withLogits(ofRow: row) { self.sampler.choose(from: $0, position: position) }
            written.append(choice.token)
            guard written.count < most, !self.header.endTokens.contains(choice.token),
                position + 1 < self.target.description.contextLength
            else { return written }
            row = try self.target.feed([choice.token], at: position, slot: 0)
        }
    }

    /// What the draft goes on with from a wrong guess at a position.
    private func draftBeyond(_ wrong: DraftedToken, at position: Int) throws(ModelError) -> [DraftedToken] {
        var beyond: [DraftedToken] = []
        var last = wrong.token
        while beyond.count < self.header.beyond, !self.header.endTokens.contains(last),
            position + beyond.count + 1 < self.draft.description.contextLength
        {
            let row = try self.draft.feed([last], at: position + beyond.count, slot: 0)
            beyond.append(try self.guess(row, position + beyond.count + 1))
            last = beyond.last!.token
        }
        return beyond
    }

    private func guess(_ row: Int, _ position: Int) throws(ModelError) -> DraftedToken {
        DraftedToken(
            try self.draft.withLogits(ofRow: row) {
                self.sampler.choose(from: $0, position: position, detail: [.confidence, .runnerUp])
            })
    }
}
