/// Times passes of a loaded model with this or that number of threads, in a small context of its own.
public final class PassTimer {
    /// Instants, in seconds.
    public struct Clocks: Sendable {
        let now: @Sendable () -> Double
        let processor: @Sendable () -> Double

        /// - Parameters:
        ///   - now: tells the time.
        ///   - processor: tells the time that all threads of the process have computed.
        public init(now: @escaping @Sendable () -> Double, processor: @escaping @Sendable () -> Double) {
            self.now = now
            self.processor = processor
        }
    }

    private let context: Context
    private let clocks: Clocks

    /// Passes that are timed, as far as there is time for them.
    private static let passes = 5
    private static let patience = 0.5
    /// The part of a pass that each thread has to compute or spin, or else others had its core.
    private static let share = 0.8
    private static let most = 16

    /// - Parameter layout: as of the service; only its size and its number of threads do not count.
    public init(model: Model, layout: Context.Layout, clocks: Clocks) throws(LlamaError) {
        var layout = layout
        (layout.sequences, layout.tokens, layout.maxRows) = (1, 2 * Self.most, Self.most)
        self.context = try Context(model: model, layout: layout)
        self.clocks = clocks
    }

    /// Seconds of a pass of `rows` rows, at most 16: the least of some passes behind one that does not count.
    ///
    /// - Returns: `nil` where others had the cores all the time, so that a pass tells of them and not of the model.
    public func seconds(rows: Int, threads: Int) throws(LlamaError) -> Double? {
        let rows = min(max(1, rows), Self.most)
        self.context.compute(withThreads: threads)
        let first = try self.pass(rows)
        let begin = self.clocks.now()
        var (least, count) = (Double.infinity, 0)
        func isUndisturbed(_ pass: (seconds: Double, computed: Double)) -> Bool {
            pass.computed >= Self.share * Double(threads) * pass.seconds
        }
        // One that takes so long is not timed again.
        if first.seconds > Self.patience, isUndisturbed(first) { return first.seconds }
        repeat {
            let pass = try self.pass(rows)
            guard isUndisturbed(pass) else { continue }
            (least, count) = (min(least, pass.seconds), count + 1)
        } while count < Self.passes && self.clocks.now() - begin < Self.patience
        return count > 0 ? least : nil
    }

    private func pass(_ rows: Int) throws(LlamaError) -> (seconds: Double, computed: Double) {
        self.context.beginBatch()
        for row in 0..<rows { self.context.add(token: 0, position: Int32(row), sequence: 0, wantsLogits: true) }
        let begin = (time: self.clocks.now(), computed: self.clocks.processor())
        guard self.context.decode() == .done else { throw .noContext(reason: "a pass of \(rows) rows failed") }
        let pass = (self.clocks.now() - begin.time, self.clocks.processor() - begin.computed)
        _ = self.context.remove(sequence: 0, from: 0)
        return pass
    }
}
