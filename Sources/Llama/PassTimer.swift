/// Times passes of a loaded model with this or that number of threads, in a small context of its own.
public final class PassTimer {
    private let context: Context
    private let now: () -> Double

    /// A pass that takes longer is not timed again.
    private static let longPass = 0.3
    private static let most = 16

    /// - Parameters:
    ///   - layout: as of the service; only its size and its number of threads do not count.
    ///   - now: tells the time, in seconds.
    public init(model: Model, layout: Context.Layout, now: @escaping () -> Double) throws(LlamaError) {
        var layout = layout
        (layout.sequences, layout.tokens, layout.maxRows) = (1, 2 * Self.most, Self.most)
        self.context = try Context(model: model, layout: layout)
        self.now = now
    }

    /// Seconds of a pass of `rows` rows, at most 16: the least of some passes behind one that does not count.
    public func seconds(rows: Int, threads: Int) throws(LlamaError) -> Double {
        let rows = min(max(1, rows), Self.most)
        self.context.compute(withThreads: threads)
        var least = try self.pass(rows)
        guard least < Self.longPass else { return least }
        least = .infinity
        for _ in 0..<5 { least = min(least, try self.pass(rows)) }
        return least
    }

    private func pass(_ rows: Int) throws(LlamaError) -> Double {
        self.context.beginBatch()
        for row in 0..<rows { self.context.add(token: 0, position: Int32(row), sequence: 0, wantsLogits: true) }
        let begin = self.now()
        guard self.context.decode() == .done else { throw .noContext(reason: "a pass of \(rows) rows failed") }
        let seconds = self.now() - begin
        _ = self.context.remove(sequence: 0, from: 0)
        return seconds
    }
}
