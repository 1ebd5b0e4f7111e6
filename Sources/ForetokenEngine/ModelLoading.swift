internal import Llama
internal import Speculation

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// Loads a model, and settles by measurement which passes it keeps to.
struct ModelLoading {
    let path: String
    let gpuLayers: Int
    /// As asked for; `tokens` may be more than the model was trained for.
    let layout: Context.Layout

    struct Loaded {
        var model: Model
        var layout: Context.Layout
        /// `nil` where it was not measured.
        var rounding: Rounding?
    }

    func load(_ exactness: Exactness) throws -> Loaded {
        let model = try Model(path: self.path, gpuLayers: self.gpuLayers)
        var layout = self.layout
        layout.tokens = min(layout.tokens, model.trainedContext)
        let free = Loaded(model: model, layout: layout)
        if exactness == .unknown { return free }
        var exact = free
        exact.layout.isolatesSequences = true
        exact.layout.fusesAttention = false
        guard try Self.canRollBack(exact) else {
            // There is one way to compute a text, token by token.
            return free
        }
        switch exactness {
        case .unknown: return free
        case .measured(let seconds): return try self.measured(free, within: seconds)
        case .whereCheap(let price, let seconds):
            let found = try self.measured(exact, within: seconds)
            if let rounding = found.rounding, rounding.exact != nil, rounding.price <= price { return found }
            return try self.measured(free, within: seconds)
        case .required: return try self.exact(exact)
        }
    }

    /// The cheaper of weights as the library likes them and as they lie in the file.
    private func exact(_ repacked: Loaded) throws -> Loaded {
        let first = try self.measured(repacked, within: .infinity)
        if let rounding = first.rounding, rounding.exact != nil, rounding.price <= Self.fairPrice { return first }
        var plain = repacked
        plain.model = try Model(path: self.path, gpuLayers: self.gpuLayers, repacksWeights: false)
        let second = try self.measured(plain, within: .infinity)
        let found = [first, second].filter { $0.rounding?.exact != nil }
        guard let best = found.min(by: { $0.rounding!.price < $1.rounding!.price }) else {
            let kinds = (second.rounding?.kinds ?? []).map { "\($0.lowerBound) to \($0.upperBound)" }
            throw ModelError.notExact(
                self.path,
                reason: "no passes of several rows agree; alike are those of \(kinds.joined(separator: ", ")) rows")
        }
        return best
    }

    /// Up to which other weights are not tried.
    private static let fairPrice = 0.1

    private func measured(_ loaded: Loaded, within seconds: Double) throws -> Loaded {
        let deadline = Self.now() + seconds
        let isExact = loaded.layout.isolatesSequences && !loaded.layout.fusesAttention
        let finding = try RoundingProbe(model: loaded.model, layout: loaded.layout) { Self.now() > deadline }
            .run(measuresDistance: !isExact, now: Self.now)
        var rounding = Rounding(
            kinds: finding.kinds, distance: finding.distance, sharesCalls: finding.sharesPasses)
        let times = PassTimes(finding.seconds)
        if isExact,
            let cheapest = rounding.cheapestExact(slots: loaded.layout.sequences, seconds: times.seconds)
        {
            rounding.exact = cheapest.passes
            rounding.price = cheapest.price
        }
        var loaded = loaded
        loaded.rounding = rounding
        return loaded
    }

    private static func canRollBack(_ loaded: Loaded) throws -> Bool {
        var layout = loaded.layout
        (layout.sequences, layout.tokens, layout.maxRows) = (1, 32, 32)
        return try LlamaModel.probesRollBack(try Context(model: loaded.model, layout: layout))
    }

    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}

/// What passes take, between and behind the widths that were timed.
struct PassTimes {
    private let points: [(rows: Int, seconds: Double)]

    init(_ seconds: [Int: Double]) {
        self.points = seconds.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    func seconds(rows: Int) -> Double {
        guard let first = self.points.first, let last = self.points.last else { return 0 }
        guard let index = self.points.firstIndex(where: { $0.rows >= rows }) else {
            return last.seconds * Double(rows) / Double(last.rows)
        }
        let high = self.points[index]
        guard index > 0 else { return first.seconds }
        let low = self.points[index - 1]
        return low.seconds + (high.seconds - low.seconds) * Double(rows - low.rows) / Double(high.rows - low.rows)
    }
}
