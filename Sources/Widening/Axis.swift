/// How one side of a matrix grows: where its entries go. Everywhere else are zeros.
struct Axis: Equatable, Sendable {
    /// Neighbours that stay neighbours.
    struct Run: Equatable, Sendable {
        var from: Int
        var to: Int
        var count: Int
    }

    var oldSize: Int
    var size: Int
    var runs: [Run]

    /// Appends zeros.
    init(_ oldSize: Int, paddedTo size: Int) {
        self.oldSize = oldSize
        self.size = size
        self.runs = [Run(from: 0, to: 0, count: oldSize)]
    }

    /// Moves blocks of `blockSize` entries: block `i` becomes block `map[i]` of `count`.
    init(blocks map: [Int], of blockSize: Int, in count: Int) {
        self.oldSize = map.count * blockSize
        self.size = count * blockSize
        self.runs = map.enumerated().map { Run(from: $0 * blockSize, to: $1 * blockSize, count: blockSize) }
    }

    /// What entry `index` was before; `nil` when it is a zero.
    func oldIndex(of index: Int) -> Int? {
        self.runs.first { $0.to <= index && index < $0.to + $0.count }.map { $0.from + index - $0.to }
    }

    /// - Precondition: there are `oldSize` values.
    func spread(_ values: [Float]) -> [Float] {
        var wide = [Float](repeating: 0, count: self.size)
        for run in self.runs {
            wide.replaceSubrange(run.to..<(run.to + run.count), with: values[run.from..<(run.from + run.count)])
        }
        return wide
    }
}
