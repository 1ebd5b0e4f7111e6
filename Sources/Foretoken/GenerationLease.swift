internal import Synchronization

/// What a generation has come to so far; its client writes, its consumer reads.
final class GenerationRecord: Sendable {
    private struct Values {
        var finishReason: Generation.FinishReason?
        var statistics = GenerationStatistics()
    }

    private let values = Mutex(Values())

    var finishReason: Generation.FinishReason? { self.values.withLock { $0.finishReason } }
    var statistics: GenerationStatistics { self.values.withLock { $0.statistics } }

    func update(_ statistics: GenerationStatistics, finishReason: Generation.FinishReason? = nil) {
        self.values.withLock { $0 = Values(finishReason: finishReason, statistics: statistics) }
    }
}

/// Keeps a call alive: its holder wants the tokens, and when nobody holds it any more, the call is cancelled.
final class GenerationLease: Sendable {
    let stream: AsyncThrowingStream<Generation.Piece, any Error>
    private let record: GenerationRecord
    private let cancel: @Sendable () -> Void

    init(
        stream: AsyncThrowingStream<Generation.Piece, any Error>, record: GenerationRecord,
        cancel: @escaping @Sendable () -> Void
    ) {
        self.stream = stream
        self.record = record
        self.cancel = cancel
    }

    var isFinished: Bool { self.record.finishReason != nil }

    deinit {
        if !self.isFinished { self.cancel() }
    }
}

/// Keeps the lease until the iterator takes it.
final class GenerationOffer: Sendable {
    private let lease: Mutex<GenerationLease?>

    init(_ lease: GenerationLease) {
        self.lease = Mutex(lease)
    }

    func take() -> GenerationLease? {
        self.lease.withLock { $0.take() }
    }
}
