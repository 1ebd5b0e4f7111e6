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
    let offload: Offload
    /// As asked for; `tokens` may be more than the model was trained for.
    let layout: Context.Layout
    /// Settles the number of threads by the times of passes; `nil`: as laid out.
    let choosesThreads: ThreadChooser?

    struct Loaded {
        var model: Model
        var layout: Context.Layout
        /// `nil` where it was not measured.
        var rounding: Rounding?
    }

    func load(_ exactness: Exactness) throws -> Loaded {
        let free = try self.loadFree()
        if exactness == .notMeasured { return free }
        guard try Self.canRollBack(free) else {
            guard exactness == .required else { return free }
            throw ModelError.notExact(
                self.path, reason: "it cannot take back tokens, so its passes cannot be compared")
        }
        let begin = Self.now()
        switch exactness {
        case .notMeasured: return free
        case .measured(let seconds): return try self.measured(free, until: begin + seconds)
        case .whereCheap(let price, let seconds):
            let found = try self.exact(free, until: begin + seconds)
            if let rounding = found.rounding, rounding.exact != nil, rounding.price <= price { return found }
            return try self.measured(free, until: max(Self.now(), begin + seconds) + seconds / 2)
        case .required: break
        }
        let found = try self.exact(free, until: .infinity)
        if let passes = found.rounding?.exact, passes.most >= Self.fewestRows { return found }
        return try self.exactAsInFile(else: found)
    }

    /// Passes of fewer rows hardly have room for draft tokens.
    private static let fewestRows = 4

    /// With weights as they lie in the file: the library's own order may be what makes rows differ.
    private func exactAsInFile(else found: consuming Loaded) throws -> Loaded {
        let found = found
        let plain = try self.exact(try self.loadFree(repacksWeights: false), until: .infinity)
        if plain.rounding?.exact != nil { return plain }
        if found.rounding?.exact != nil { return found }
        let kinds = (plain.rounding?.kinds ?? []).map { "\($0.lowerBound) to \($0.upperBound)" }
        throw ModelError.notExact(
            self.path,
            reason: "no passes of several rows agree; alike are those of \(kinds.joined(separator: ", ")) rows")
    }

    private func loadFree(repacksWeights: Bool = true) throws -> Loaded {
        let model = try Model(path: self.path, offload: self.offload, repacksWeights: repacksWeights)
        var layout = self.layout
        layout.tokens = min(layout.tokens, model.trainedContext)
        if let choosesThreads {
            let timer = try PassTimer(
                model: model, layout: layout, clocks: .init(now: Self.now, processor: Self.computed))
            layout.threads = choosesThreads { rows, threads in
                (try? timer.seconds(rows: rows, threads: threads)) ?? .infinity
            }
        }
        return Loaded(model: model, layout: layout)
    }

    private func measured(_ loaded: Loaded, until deadline: Double) throws -> Loaded {
        let probe = try RoundingProbe(model: loaded.model, layout: loaded.layout) { Self.now() > deadline }
        let finding = try probe.run(measuresDistance: true, now: Self.now)
        var loaded = loaded
        loaded.rounding = Rounding(kinds: finding.kinds, distance: finding.distance)
        return loaded
    }

    /// In memory of its own for each slot, with the cheapest passes that agree, where there are any.
    private func exact(_ free: Loaded, until deadline: Double) throws -> Loaded {
        var loaded = free
        loaded.layout.isolatesSequences = true
        loaded.layout.fusesAttention = false
        let probe = try RoundingProbe(model: loaded.model, layout: loaded.layout) { Self.now() > deadline }
        let finding = try probe.run(measuresDistance: false, now: Self.now)
        let times = PassTimes(finding.seconds)
        var rounding = Rounding(kinds: finding.kinds)
        if !finding.seconds.isEmpty,
            let cheapest = rounding.cheapestExact(slots: loaded.layout.sequences, seconds: times.seconds)
        {
            let kind = cheapest.passes.least...cheapest.passes.most
            if try probe.holds(kind), let fingerprint = try probe.fingerprint(of: kind, piece: ExactPasses.piece),
                Self.now() <= deadline
            {
                rounding.exact = cheapest.passes
                rounding.fingerprint = fingerprint
                rounding.price = cheapest.price
                if 2 * kind.lowerBound <= kind.upperBound {
                    rounding.exact!.sharesCalls = try probe.sharesPasses(rows: kind.lowerBound)
                }
            }
        }
        // A row that wants no logits of its own lies at most that many places behind the last token.
        if let least = rounding.exact?.least {
            loaded.layout.tokens = min(loaded.layout.tokens, loaded.model.trainedContext - (least - 1))
        }
        loaded.rounding = rounding
        return loaded
    }

    private static func canRollBack(_ loaded: Loaded) throws -> Bool {
        var layout = loaded.layout
        (layout.sequences, layout.tokens, layout.maxRows) = (1, 32, 32)
        return try LlamaModel.probesRollBack(try Context(model: loaded.model, layout: layout))
    }

    private static func now() -> Double { self.seconds(CLOCK_MONOTONIC) }

    /// Time that all threads of the process have computed.
    private static func computed() -> Double { self.seconds(CLOCK_PROCESS_CPUTIME_ID) }

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
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
