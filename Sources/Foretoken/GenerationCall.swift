internal import Synchronization

/// What a `Generation` and its client share.
final class GenerationCall: Sendable {
    struct Record {
        var finishReason: Generation.FinishReason?
        var statistics = GenerationStatistics()
    }

    let record = Mutex(Record())
    /// Until the iterator takes it.
    let lease = Mutex<Lease?>(nil)

    /// Whoever holds this wants the tokens; when nobody does, the call is cancelled.
    final class Lease: Sendable {
        let stream: AsyncThrowingStream<Generation.Piece, any Error>
        private let call: GenerationCall
        private let cancel: @Sendable () -> Void

        init(
            stream: AsyncThrowingStream<Generation.Piece, any Error>, of call: GenerationCall,
            cancel: @escaping @Sendable () -> Void
        ) {
            self.stream = stream
            self.call = call
            self.cancel = cancel
        }

        var isFinished: Bool { self.call.record.withLock { $0.finishReason != nil } }

        deinit {
            if !self.isFinished { self.cancel() }
        }
    }
}
