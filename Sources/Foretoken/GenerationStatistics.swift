internal import Speculation

/// What a text has cost. Counters are stored, rates are derived.
///
/// The target's counters come with the last token; before, and when a call is cancelled, they are what the client
/// can tell from the tokens themselves. When a text went on elsewhere after a loss, its parts are counted together;
/// of the last second before the loss of a target or a coordinator, only what the tokens tell.
public struct GenerationStatistics: Equatable, Sendable {
    /// Tokens that the target made of the prompt; 0 before the end.
    public var promptTokens = 0
    /// Tokens of the text so far, the one that ended it included.
    public var generatedTokens = 0
    /// Passes of the target, each of which commits at least one token.
    public var targetPasses = 0
    /// Draft tokens that a pass has checked.
    public var draftTokens = 0
    /// Draft tokens that the target chose too.
    public var acceptedTokens = 0
    /// Passes that checked draft tokens.
    public var rounds = 0
    /// Draft tokens whose fate is known: those accepted, and the first rejected one of each round.
    public var judgedTokens = 0
    /// Sum of what the draft predicted for `predictedTokens`, the judged ones that it sent a prediction for.
    public var predictedAcceptances = 0.0
    /// Judged tokens that the draft sent a prediction for.
    public var predictedTokens = 0
    /// Sum of what the first token of a block had to be worth, in tokens, over `pricedBlocks`.
    public var prices = 0.0
    /// Blocks that came with a price.
    public var pricedBlocks = 0
    /// Tokens of the prompt that the target had computed for another sequence.
    public var reusedTokens = 0
    /// Blocks of draft tokens that came too late to be of use.
    public var staleBlocks = 0
    /// Times a block was waited for in vain.
    public var missedBlocks = 0
    /// Times the text went on elsewhere: at another target, or through a coordinator that was asked anew.
    public var resumptions = 0

    /// From the call to the last token, at the client, in seconds.
    public var seconds = 0.0
    /// From the call to the first token, at the client, in seconds.
    public var timeToFirstToken = 0.0
    /// From the opening of the sequence at the target to its first token, in seconds.
    public var prefillSeconds = 0.0
    /// From the first token to the last, at the target, in seconds.
    public var generationSeconds = 0.0
    /// Time that passes after the prefill took, in seconds.
    public var passSeconds = 0.0
    /// Passes that `passSeconds` tells of.
    public var timedPasses = 0
    /// Time that the draft's model took, in seconds.
    public var draftingSeconds = 0.0
    /// Time that the target waited for blocks, in seconds.
    public var waitedSeconds = 0.0
    /// What the target alone would have taken for the tokens of `generationSeconds`, by its own passes, in seconds.
    public var aloneSeconds = 0.0
    /// Bytes of blocks and verdicts between draft and target.
    public var linkBytes = 0
    /// Latest round trip between draft and target, in seconds; 0 without a draft.
    public var roundTripSeconds = 0.0
    /// That the draft takes for one token, as it measured last, in seconds; 0 without a draft.
    public var draftTokenSeconds = 0.0

    public init() {}

    /// Accepted of drafted; 0 where nothing was drafted.
    public var acceptanceRate: Double {
        self.draftTokens == 0 ? 0 : Double(self.acceptedTokens) / Double(self.draftTokens)
    }

    /// Tokens that a pass of the target commits on average.
    public var acceptanceLength: Double {
        self.targetPasses == 0 ? 0 : Double(self.generatedTokens) / Double(self.targetPasses)
    }

    /// Accepted of judged draft tokens; 0 where nothing was drafted.
    public var measuredAcceptance: Double { Self.mean(Double(self.acceptedTokens), self.judgedTokens) }

    /// What the draft predicted for judged tokens, on average; 0 where nothing was drafted.
    public var predictedAcceptance: Double { Self.mean(self.predictedAcceptances, self.predictedTokens) }

    /// What the first draft token of a block had to be worth, in tokens, on average: the time of drafting it and of its
    /// row, at the measured rates.
    public var meanPrice: Double { Self.mean(self.prices, self.pricedBlocks) }

    /// Draft tokens of a pass that had any, on average.
    public var meanLookahead: Double { Self.mean(Double(self.draftTokens), self.rounds) }

    /// Draft tokens of a pass, those without any counted.
    public var meanLookaheadOfAllPasses: Double { Self.mean(Double(self.draftTokens), self.targetPasses) }

    /// How many times as fast as the target alone the text came behind its first token; 0 before that is known.
    public var speedup: Double { self.generationSeconds > 0 ? self.aloneSeconds / self.generationSeconds : 0 }

    /// Bytes between draft and target for each accepted token; 0 where none was accepted.
    public var linkBytesPerAcceptedToken: Double { Self.mean(Double(self.linkBytes), self.acceptedTokens) }

    /// Time of a pass after the prefill, in seconds.
    public var meanPassSeconds: Double { Self.mean(self.passSeconds, self.timedPasses) }

    private static func mean(_ sum: Double, _ count: Int) -> Double { count == 0 ? 0 : sum / Double(count) }

    /// From the call to the last token.
    public var tokensPerSecond: Double {
        self.seconds > 0 ? Double(self.generatedTokens) / self.seconds : 0
    }
}

extension GenerationStatistics {
    /// Counts one token that has come.
    mutating func count(_ origin: Origin) {
        self.generatedTokens += 1
        if origin == .accepted { self.acceptedTokens += 1 } else { self.targetPasses += 1 }
    }

    /// Replaces the counters with those of the whole text.
    mutating func take(_ counters: Statistics) {
        func seconds(_ microseconds: UInt64) -> Double { Double(microseconds) * 1e-6 }

        self.promptTokens = counters.promptTokens
        self.targetPasses = counters.targetPasses
        self.resumptions += counters.resumptions
        self.draftTokens = counters.draftTokens
        self.acceptedTokens = counters.acceptedTokens
        self.rounds = counters.rounds
        self.judgedTokens = counters.judgedTokens
        self.predictedAcceptances = counters.predictedAcceptances
        self.predictedTokens = counters.predictedTokens
        self.prices = counters.prices
        self.pricedBlocks = counters.pricedBlocks
        self.staleBlocks = counters.staleBlocks
        self.missedBlocks = counters.missedBlocks
        self.reusedTokens = counters.reusedTokens
        self.prefillSeconds = seconds(counters.prefillMicroseconds)
        self.generationSeconds = seconds(counters.generationMicroseconds)
        self.passSeconds = seconds(counters.passMicroseconds)
        self.timedPasses = counters.timedPasses
        self.draftingSeconds = seconds(counters.draftingMicroseconds)
        self.waitedSeconds = seconds(counters.waitedMicroseconds)
        self.aloneSeconds = seconds(counters.aloneMicroseconds)
        self.linkBytes = Int(counters.blockBytes + counters.verdictBytes)
        self.roundTripSeconds = seconds(counters.roundTripMicroseconds)
        self.draftTokenSeconds = counters.draftTokenMicroseconds * 1e-6
    }
}
