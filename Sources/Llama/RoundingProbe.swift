/// Finds out which widths of passes agree to the last bit on a model, this machine and this library.
///
/// Contexts of its own, laid out as that of the service, compute the same tokens of a real text in passes of different
/// widths.
public struct RoundingProbe {
    /// What was found.
    public struct Finding: Sendable {
        /// Widths that agree with each other, in rows, rising.
        public var kinds: [ClosedRange<Int>] = []
        /// Whether two sequences in one pass get what each gets alone.
        public var sharesPasses = true
        /// The most by which the difference between two of a row's best logits changed; `nil` where time was short.
        public var distance: Float?
        /// Seconds of a pass by its rows.
        public var seconds: [Int: Double] = [:]
    }

    private let model: Model
    private let layout: Context.Layout
    private let tokens: [Int32]
    private let isOverdue: () -> Bool

    /// Widths that are tried, the most telling first.
    private static let widths = [1, 2, 4, 8, 16, 7, 3, 5, 6, 9, 32, 64, 12, 15, 17, 24, 31, 33, 48]
    private static let mostTelling = 5
    /// Tokens before those that are compared.
    private static let prefix = 8
    /// Of those, widths that are timed.
    private static let timed = [1, 2, 4, 5, 7, 8, 16]
    /// Tokens over which distances are taken.
    private static let distanceTokens = 48

    /// - Parameters:
    ///   - layout: of the context that is to serve.
    ///   - isOverdue: asked between passes; once true, what is known by then is the finding.
    public init(model: Model, layout: Context.Layout, isOverdue: @escaping () -> Bool) throws(LlamaError) {
        self.model = model
        self.isOverdue = isOverdue
        var layout = layout
        layout.sequences = min(layout.sequences, 2)
        layout.tokens = 128
        layout.maxRows = 128
        self.layout = layout
        self.tokens = try Self.sample(of: model.vocabulary)
    }

    /// Runs the passes.
    ///
    /// - Parameters:
    ///   - measuresDistance: whether anybody wants to know how far passes of different kinds lie apart.
    ///   - now: tells the time, in seconds.
    /// - Throws: `LlamaError.noContext` where there is no memory for the contexts, or a pass fails.
    public func run(measuresDistance: Bool, now: () -> Double) throws(LlamaError) -> Finding {
        var finding = Finding()
        let observer = PassObserver()
        let context = try Context(model: self.model, layout: self.layout, observer: observer)
        for sequence in 0..<Int32(self.layout.sequences) {
            try self.decode(0..<Self.prefix, of: [sequence], in: context)
        }
        var prints: [Int: [UInt64]] = [:]
        func tryWidths(_ widths: ArraySlice<Int>) throws(LlamaError) {
            for width in widths where !self.isOverdue() {
                prints[width] = try self.prints(of: width, for: [0], in: context, observer)
                if Self.timed.contains(width) {
                    finding.seconds[width] = try self.seconds(of: width, in: context, now)
                }
            }
            finding.kinds = Self.kinds(prints)
        }
        try tryWidths(Self.widths[..<Self.mostTelling])
        if measuresDistance { finding.distance = try self.distance(between: finding.kinds) }
        try tryWidths(Self.widths[Self.mostTelling...])
        finding.sharesPasses = try self.sharesPasses(prints, in: context, observer)
        return finding
    }

    // MARK: Agreement

    /// Fingerprints of passes in which each of the sequences brings `rows` rows behind the prefix.
    private func prints(
        of rows: Int, for sequences: [Int32], in context: Context, _ observer: PassObserver
    ) throws(LlamaError) -> [UInt64] {
        self.fill(Self.prefix..<Self.prefix + rows, of: sequences, in: context)
        let outcome = observer.observe(rows: rows * sequences.count) { context.decode() }
        guard outcome == .done else { throw .noContext(reason: "a pass of \(rows) rows failed") }
        for sequence in sequences { _ = context.remove(sequence: sequence, from: Int32(Self.prefix)) }
        return observer.fingerprints
    }

    private func sharesPasses(
        _ prints: [Int: [UInt64]], in context: Context, _ observer: PassObserver
    ) throws(LlamaError) -> Bool {
        guard self.layout.sequences > 1, self.layout.isolatesSequences else { return true }
        for rows in [1, 2, 4] {
            // Only where the wider pass is of the same kind could they agree.
            guard let alone = prints[rows], let wide = prints[2 * rows], zip(alone, wide).allSatisfy(==) else {
                continue
            }
            if try self.prints(of: rows, for: [0, 1], in: context, observer) != alone + alone { return false }
        }
        return true
    }

    /// Ranges of widths of which each two agree, on all rows that both have.
    static func kinds(_ prints: [Int: [UInt64]]) -> [ClosedRange<Int>] {
        var kinds: [[Int]] = []
        for width in prints.keys.sorted() {
            if let last = kinds.last, last.allSatisfy({ zip(prints[$0]!, prints[width]!).allSatisfy(==) }) {
                kinds[kinds.count - 1].append(width)
            } else {
                kinds.append([width])
            }
        }
        return kinds.map { $0.first!...$0.last! }
    }

    // MARK: Time and distance

    private func seconds(of width: Int, in context: Context, _ now: () -> Double) throws(LlamaError) -> Double {
        var seconds = Double.infinity
        for _ in 0..<3 {
            let begin = now()
            try self.decode(Self.prefix..<Self.prefix + width, of: [0], in: context)
            seconds = min(seconds, now() - begin)
            _ = context.remove(sequence: 0, from: Int32(Self.prefix))
        }
        return seconds
    }

    /// Computes one text in passes of the first kind, and again in those of each other kind; where sequences share
    /// memory, behind another one too.
    private func distance(between kinds: [ClosedRange<Int>]) throws(LlamaError) -> Float? {
        guard let first = kinds.first else { return nil }
        var ways = kinds.dropFirst().map { (width: $0.lowerBound, isSecond: false) }
        if self.layout.sequences > 1, !self.layout.isolatesSequences {
            ways.append((width: kinds.last!.upperBound, isSecond: true))
        }
        let reference = try self.logits(width: first.lowerBound, isSecond: false)
        var distance: Float? = ways.isEmpty ? 0 : nil
        for way in ways where !self.isOverdue() {
            let other = try self.logits(width: way.width, isSecond: way.isSecond)
            for (one, other) in zip(reference, other) {
                distance = max(distance ?? 0, Self.distance(one, other))
            }
        }
        return distance
    }

    private func logits(width: Int, isSecond: Bool) throws(LlamaError) -> [[Float]] {
        let context = try Context(model: self.model, layout: self.layout, observer: nil)
        if isSecond { try self.decode(0..<20, of: [1], in: context) }
        var logits: [[Float]] = []
        var begin = 0
        while begin < Self.distanceTokens, !self.isOverdue() {
            let end = min(begin + width, Self.distanceTokens)
            try self.decode(begin..<end, of: [0], in: context)
            for row in 0..<end - begin {
                logits.append(context.withLogits(ofRow: row) { row in row.withUnsafeBufferPointer { Array($0) } } ?? [])
            }
            begin = end
        }
        return logits
    }

    /// By how much the difference between two of the eight best changed at most.
    private static func distance(_ one: [Float], _ other: [Float]) -> Float {
        guard one.count == other.count, !one.isEmpty else { return 0 }
        var best: [Int] = []
        for index in one.indices {
            if best.count == 8, one[index] <= one[best[7]] { continue }
            let place = best.firstIndex { one[$0] < one[index] } ?? best.count
            best.insert(index, at: place)
            if best.count > 8 { best.removeLast() }
        }
        let changes = best.map { other[$0] - one[$0] }
        return changes.max()! - changes.min()!
    }

    // MARK: Passes

    private func fill(_ positions: Range<Int>, of sequences: [Int32], in context: Context) {
        context.beginBatch()
        for sequence in sequences {
            for position in positions {
                context.add(
                    token: self.tokens[position], position: Int32(position), sequence: sequence, wantsLogits: true)
            }
        }
    }

    private func decode(_ positions: Range<Int>, of sequences: [Int32], in context: Context) throws(LlamaError) {
        self.fill(positions, of: sequences, in: context)
        guard context.decode() == .done else {
            throw .noContext(reason: "a pass of \(positions.count * sequences.count) rows failed")
        }
    }

    private static func sample(of vocabulary: ModelVocabulary) throws(LlamaError) -> [Int32] {
        var tokens: [Int32] = []
        while tokens.count < 128 { tokens += try vocabulary.tokenize(Self.text) }
        return Array(tokens.prefix(128))
    }

    private static let text = """
        In 1815 the harvest failed across the northern provinces, and the price of bread rose to 4.50 a loaf. "Who will \
        pay for it?" asked the baker, who kept a small house near the river and read the paper before work. def \
        fibonacci(n):\n    if n < 2:\n        return n\n    return fibonacci(n - 1) + fibonacci(n - 2)\n\nThe function \
        calls itself twice, so its time doubles with every second step; a table of what is known already makes it linear.
        """
}
