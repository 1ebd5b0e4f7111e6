import CForetokenProtos
import Speculation

extension Statistics {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__Statistics> {
        arena.make(foretoken__v1__statistics__init) {
            $0.prompt_tokens = UInt32(count: self.promptTokens)
            $0.generated_tokens = UInt32(count: self.generatedTokens)
            $0.target_passes = UInt32(count: self.targetPasses)
            $0.draft_tokens = UInt32(count: self.draftTokens)
            $0.accepted_tokens = UInt32(count: self.acceptedTokens)
            $0.rounds = UInt32(count: self.rounds)
            $0.stale_blocks = UInt32(count: self.staleBlocks)
            $0.missed_blocks = UInt32(count: self.missedBlocks)
            $0.reused_tokens = UInt32(count: self.reusedTokens)
            $0.prefill_microseconds = self.prefillMicroseconds
            $0.generation_microseconds = self.generationMicroseconds
            $0.pass_microseconds = self.passMicroseconds
            $0.drafting_microseconds = self.draftingMicroseconds
            $0.waited_microseconds = self.waitedMicroseconds
            $0.round_trip_microseconds = self.roundTripMicroseconds
            $0.draft_token_microseconds = self.draftTokenMicroseconds
            $0.judged_tokens = UInt32(count: self.judgedTokens)
            $0.predicted_acceptances = self.predictedAcceptances
            $0.predicted_tokens = UInt32(count: self.predictedTokens)
            $0.prices = self.prices
            $0.priced_blocks = UInt32(count: self.pricedBlocks)
            ($0.n_accepted_per_position, $0.accepted_per_position) = arena.copy(
                self.acceptedPerPosition.map(UInt32.init(count:)))
            $0.alone_microseconds = self.aloneMicroseconds
            $0.block_bytes = self.blockBytes
            $0.verdict_bytes = self.verdictBytes
            $0.timed_passes = UInt32(count: self.timedPasses)
            $0.resumptions = UInt32(count: self.resumptions)
        }
    }

    init(_ message: Foretoken__V1__Statistics) throws(WireError) {
        self.init()
        self.promptTokens = try Field("prompt_tokens").count(message.prompt_tokens)
        self.generatedTokens = try Field("generated_tokens").count(message.generated_tokens)
        self.targetPasses = try Field("target_passes").count(message.target_passes)
        self.draftTokens = try Field("draft_tokens").count(message.draft_tokens)
        self.acceptedTokens = try Field("accepted_tokens").count(message.accepted_tokens)
        self.rounds = try Field("rounds").count(message.rounds)
        self.staleBlocks = try Field("stale_blocks").count(message.stale_blocks)
        self.missedBlocks = try Field("missed_blocks").count(message.missed_blocks)
        self.reusedTokens = try Field("reused_tokens").count(message.reused_tokens)
        self.prefillMicroseconds = try Field("prefill_microseconds").microseconds(message.prefill_microseconds)
        self.generationMicroseconds = try Field("generation_microseconds").microseconds(
            message.generation_microseconds)
        self.passMicroseconds = try Field("pass_microseconds").microseconds(message.pass_microseconds)
        self.draftingMicroseconds = try Field("drafting_microseconds").microseconds(message.drafting_microseconds)
        self.waitedMicroseconds = try Field("waited_microseconds").microseconds(message.waited_microseconds)
        self.roundTripMicroseconds = try Field("round_trip_microseconds").microseconds(
            message.round_trip_microseconds)
        self.draftTokenMicroseconds = try Field("draft_token_microseconds").duration(message.draft_token_microseconds)
        self.judgedTokens = try Field("judged_tokens").count(message.judged_tokens)
        self.predictedTokens = try Field("predicted_tokens").count(message.predicted_tokens)
        // Each of them is a probability.
        let most = Double(self.predictedTokens) + 1e-3
        self.predictedAcceptances = try Field("predicted_acceptances").check(message.predicted_acceptances) {
            (0...most).contains($0)
        }
        self.prices = try Field("prices").quantity(message.prices)
        self.pricedBlocks = try Field("priced_blocks").count(message.priced_blocks)
        let field = Field("accepted_per_position")
        let places = try field.array(
            message.accepted_per_position, message.n_accepted_per_position, atMost: self.acceptedPerPosition.count)
        for (place, count) in places.enumerated() { self.acceptedPerPosition[place] = try field.count(count) }
        self.aloneMicroseconds = try Field("alone_microseconds").microseconds(message.alone_microseconds)
        self.blockBytes = try Field("block_bytes").bytes(message.block_bytes)
        self.verdictBytes = try Field("verdict_bytes").bytes(message.verdict_bytes)
        self.timedPasses = try Field("timed_passes").count(message.timed_passes)
        self.resumptions = try Field("resumptions").count(message.resumptions)
    }
}
