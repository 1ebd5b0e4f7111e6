internal import CLlama

/// Finds out which widths of passes agree to the last bit on a model, this machine and this library.
///
/// Contexts of its own, laid out as that of the service, compute the same tokens of a real text in passes of different
/// widths. What is compared is what each token came to, wherever in its pass its row lay: some kernels compute the first
/// rows of a pass otherwise than those left over.
public struct RoundingProbe {
    /// What was found.
    public struct Finding: Sendable {
        /// Widths that agree with each other, in rows, rising; without a gap, as far as they were tried.
        public var kinds: [ClosedRange<Int>] = []
        /// The most by which the difference between two of a row's best logits changed; `nil` where it was not measured.
        public var distance: Float?
        /// Seconds of a pass by its rows.
        public var seconds: [Int: Double] = [:]
    }

    private let model: Model
    private let layout: Context.Layout
    private let tokens: [Int32]
    private let isOverdue: () -> Bool

    /// Widths that are tried, the most telling first.
    private static let widths = [1, 2, 3, 4, 5, 6, 7, 8, 9, 32] + Array(10...31)
    private static let mostTelling = 10
    /// A width of which fused attention computes rows otherwise.
    private static let fused = 64
    /// Widths that are timed.
    private static let timed = [1, 2, 4, 5, 7, 8, 9, 16, 32]
    /// Tokens before those that are compared.
    private static let prefix = 8
    /// Tokens before those that a second sequence computes.
    private static let secondPrefix = 40
    /// Tokens over which distances are taken.
    private static let distanceTokens = 64
    /// Rows of a pass of a text that lies between the cells of another; half of the text is a multiple of it.
    private static let widthBesideOthers = 8
    /// Rows of the last piece of a prompt, which is not a whole one.
    private static let partOfPiece = 21

    /// Rows behind the prompt that the digest is made of.
    private static let printed = 16

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
        try self.decode(0..<Self.prefix, of: [0], in: context)
        var prints: [Int: [UInt64]] = [:]
        func tryWidths(_ widths: ArraySlice<Int>) throws(LlamaError) {
            for width in widths where !self.isOverdue() {
                let found = try self.prints(of: width, in: context, observer)
                // Where nothing was seen of a graph, nothing can be said of it.
                guard observer.hasSeen else { return }
                prints[width] = found
                if Self.timed.contains(width) {
                    finding.seconds[width] = try self.seconds(of: width, in: context, now)
                }
            }
            finding.kinds = Self.kinds(prints)
        }
        try tryWidths(Self.widths[..<Self.mostTelling] + (self.layout.fusesAttention ? [Self.fused] : []))
        let told = finding.kinds.count
        if measuresDistance { finding.distance = try self.distance(between: finding.kinds) }
        try tryWidths(Self.widths[Self.mostTelling...])
        // Kinds that only other widths tell apart have a distance too.
        if measuresDistance, finding.distance == 0, finding.kinds.count > told {
            finding.distance = try self.distance(between: finding.kinds)
        }
        return finding
    }

    // MARK: Agreement

    /// Fingerprints of the rows behind the prefix, by position, computed in passes of `width` rows.
    private func prints(
        of width: Int, in context: Context, _ observer: PassObserver
    ) throws(LlamaError) -> [UInt64] {
        var prints: [UInt64] = []
        // A lone row is what rows at any place of the others are compared with.
        let count = width == 1 ? Self.widths.max()! : max(width, 16 / width * width)
        while prints.count < count, !self.isOverdue() {
            let begin = Self.prefix + prints.count
            self.fill(begin..<begin + width, of: 0, in: context)
            guard observer.observe(rows: width, { context.decode() }) == .done else {
                throw .noContext(reason: "a pass of \(width) rows failed")
            }
            prints += observer.fingerprints
        }
        _ = context.remove(sequence: 0, from: Int32(Self.prefix))
        return prints
    }

    /// Ranges of widths without a gap of which each two agree, at all positions that both have.
    static func kinds(_ prints: [Int: [UInt64]]) -> [ClosedRange<Int>] {
        var kinds: [[Int]] = []
        for width in prints.keys.sorted() {
            if let last = kinds.last, last.last! == width - 1,
                last.allSatisfy({ zip(prints[$0]!, prints[width]!).allSatisfy(==) })
            {
                kinds[kinds.count - 1].append(width)
            } else {
                kinds.append([width])
            }
        }
        return kinds.map { $0.first!...$0.last! }
    }

    /// Whether tokens come to the same logits in the narrowest and in the widest passes of a kind, in a context that
    /// nobody observes: there the library may join operations.
    public func holds(_ kind: ClosedRange<Int>) throws(LlamaError) -> Bool {
        let end = Self.prefix + max(kind.upperBound, 2 * kind.lowerBound)
        let narrow = try self.logits(behind: Self.prefix, to: end, width: kind.lowerBound)
        let wide = try self.logits(behind: Self.prefix, to: end, width: kind.upperBound)
        return zip(narrow, wide).allSatisfy { one, other in
            zip(one, other).allSatisfy { $0.bitPattern == $1.bitPattern }
        }
    }

    /// Digest of what a text comes to in passes of a kind behind a prompt of a whole piece and a part of one, in a context
    /// that nobody observes: two targets of the same weights write the same where it is equal, as far as this text tells.
    ///
    /// - Parameter piece: most rows of a piece of a prompt, which is computed by itself.
    /// - Returns: `nil` where time ran out.
    public func fingerprint(of kind: ClosedRange<Int>, piece: Int) throws(LlamaError) -> UInt64? {
        let context = try Context(model: self.model, layout: self.layout, observer: nil)
        let prompt = piece + min(piece, max(Self.partOfPiece, kind.lowerBound))
        try self.decode(0..<piece, of: [0], in: context)
        var rows = [Self.logits(of: piece - 1, in: context)]
        try self.decode(piece..<prompt, of: [0], in: context)
        rows.append(Self.logits(of: prompt - piece - 1, in: context))
        let width = min(max(Self.widthBesideOthers, kind.lowerBound), kind.upperBound)
        // Whole passes, for a part of one may be of another kind; and as many rows for whatever width.
        let passes = max(2, (Self.printed + width - 1) / width)
        rows += try self.logits(from: prompt, to: prompt + passes * width, width: width, of: 0, in: context)
            .prefix(Self.printed)
        if self.isOverdue() { return nil }
        let fingerprint = rows.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { foretoken_mix($0, $1, $1.count) }
        return fingerprint == 0 ? 1 : fingerprint
    }

    private func logits(behind begin: Int, to end: Int, width: Int) throws(LlamaError) -> [[Float]] {
        let context = try Context(model: self.model, layout: self.layout, observer: nil)
        try self.decode(0..<begin, of: [0], in: context)
        return try self.logits(from: begin, to: end, width: width, of: 0, in: context)
    }

    /// Whether two sequences of different lengths that bring `rows` rows each into one pass get what each gets alone.
    public func sharesPasses(rows: Int) throws(LlamaError) -> Bool {
        guard self.layout.sequences > 1 else { return true }
        let context = try Context(model: self.model, layout: self.layout, observer: nil)
        let prefixes = [(Int32(0), Self.prefix), (Int32(1), Self.secondPrefix)]
        var alone: [[Float]] = []
        for (sequence, prefix) in prefixes {
            try self.decode(0..<prefix, of: [sequence], in: context)
            alone += try self.logits(from: prefix, to: prefix + rows, width: rows, of: sequence, in: context)
            _ = context.remove(sequence: sequence, from: Int32(prefix))
        }
        context.beginBatch()
        for (sequence, prefix) in prefixes { self.add(prefix..<prefix + rows, of: sequence, to: context) }
        guard context.decode() == .done else { throw .noContext(reason: "a pass of \(2 * rows) rows failed") }
        let together = (0..<2 * rows).map { Self.logits(of: $0, in: context) }
        return zip(alone, together).allSatisfy { one, other in
            zip(one, other).allSatisfy { $0.bitPattern == $1.bitPattern }
        }
    }

    // MARK: Time and distance

    private func seconds(of width: Int, in context: Context, _ now: () -> Double) throws(LlamaError) -> Double {
        var seconds = Double.infinity
        for _ in 0..<3 where seconds == .infinity || !self.isOverdue() {
            let begin = now()
            try self.decode(Self.prefix..<Self.prefix + width, of: [0], in: context)
            seconds = min(seconds, now() - begin)
            _ = context.remove(sequence: 0, from: Int32(Self.prefix))
        }
        return seconds
    }

    /// Computes one text in passes of the first kind, and again in those of each other kind; where sequences share
    /// memory, between the cells of another one too.
    ///
    /// - Returns: `nil` where time ran out.
    private func distance(between kinds: [ClosedRange<Int>]) throws(LlamaError) -> Float? {
        guard let first = kinds.first, !self.isOverdue() else { return nil }
        var ways = kinds.dropFirst().map { (width: $0.upperBound, isSecond: false) }
        if self.layout.sequences > 1, !self.layout.isolatesSequences {
            ways.append((width: Self.widthBesideOthers, isSecond: true))
        }
        let reference = try self.logits(width: first.lowerBound, isSecond: false)
        var distance: Float = 0
        for way in ways {
            for (one, other) in zip(reference, try self.logits(width: way.width, isSecond: way.isSecond)) {
                distance = max(distance, Self.distance(one, other))
            }
        }
        return self.isOverdue() ? nil : distance
    }

    private func logits(width: Int, isSecond: Bool) throws(LlamaError) -> [[Float]] {
        let context = try Context(model: self.model, layout: self.layout, observer: nil)
        let (half, end) = (Self.distanceTokens / 2, Self.distanceTokens)
        guard isSecond else { return try self.logits(from: 0, to: end, width: width, of: 0, in: context) }
        try self.decode(0..<half, of: [1], in: context)
        let first = try self.logits(from: 0, to: half, width: width, of: 0, in: context)
        // From here on the text's cells lie before those of its beginning.
        _ = context.remove(sequence: 1, from: 0)
        return try self.logits(from: half, to: end, width: width, of: 0, in: context).reduce(into: first) {
            $0.append($1)
        }
    }

    /// The largest change of the difference between two of the eight best logits.
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

    /// Logits of rows computed in passes of `width`; fewer where time ran out.
    private func logits(
        from begin: Int, to end: Int, width: Int, of sequence: Int32, in context: Context
    ) throws(LlamaError) -> [[Float]] {
        var logits: [[Float]] = []
        while logits.count < end - begin, !self.isOverdue() {
            let next = begin + logits.count
            let count = min(width, end - next)
            try self.decode(next..<next + count, of: [sequence], in: context)
            for row in 0..<count { logits.append(Self.logits(of: row, in: context)) }
        }
        return logits
    }

    private static func logits(of row: Int, in context: Context) -> [Float] {
        context.withLogits(ofRow: row) { row in row.withUnsafeBufferPointer { Array($0) } } ?? []
    }

    private func add(_ positions: Range<Int>, of sequence: Int32, to context: Context) {
        for position in positions {
            context.add(
                token: self.tokens[position], position: Int32(position), sequence: sequence, wantsLogits: true)
        }
    }

    private func fill(_ positions: Range<Int>, of sequence: Int32, in context: Context) {
        context.beginBatch()
        self.add(positions, of: sequence, to: context)
    }

    private func decode(_ positions: Range<Int>, of sequences: [Int32], in context: Context) throws(LlamaError) {
        context.beginBatch()
        for sequence in sequences { self.add(positions, of: sequence, to: context) }
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
