package import ArgumentParser
import Executors
import Llama

/// Which models, and what of the machine they get.
package struct PairOptions: ParsableArguments {
    @Option(help: .init("GGUF file of the target. (default: the bundled one)", valueName: "file"))
    package var model: String?

    @Option(help: .init("GGUF file of the draft. (default: the bundled one)", valueName: "file"))
    package var draft: String?

    @Option(
        help: .init(
            """
            Most threads of the target. Models in one process take turns on all cores, or compute side by side, each on \
            its own: what is faster, by passes that are timed when they are loaded. (default: all cores, and side by \
            side all but the draft's)
            """, valueName: "n"))
    package var threads: Int?

    @Option(
        help: .init(
            "Most threads of the draft. (default: as many as the target in turn; side by side 1)", valueName: "n"))
    package var draftThreads: Int?

    @Option(
        help: .init("Tokens that a slot holds. (default: what the target was trained for)", valueName: "tokens"))
    package var context: Int?

    @OptionGroup(title: "Devices of the target")
    package var devices: OffloadOptions

    @Flag(inversion: .prefixedNo, help: ExactOption.help)
    package var exact: Bool?

    package init() {}

    package func validate() throws {
        try checkPositive(self.threads, "--threads")
        try checkPositive(self.draftThreads, "--draft-threads")
        try checkPositive(self.context, "--context")
    }

    /// - Parameter draft: whether a draft is wanted.
    /// - Parameter measuringSeconds: how long it may be measured which passes of the target agree, if not as usual.
    package func load(slots: Int, draft: Bool, measuringSeconds: Double? = nil) throws(CommandError) -> ModelPair {
        var target = self.target(slots: slots)
        if let measuringSeconds { target.measuringSeconds = measuringSeconds }
        guard draft else {
            target.threads = min(self.threads ?? .max, AvailableCores.count)
            return try ModelPair(target: target, draft: nil)
        }
        // On a device the target computes next to the draft.
        guard !self.devices.offload.usesDevices else {
            return try ModelPair(target: target, draft: self.draft(slots: slots))
        }
        return try ModelPair(
            target: target, draft: self.draft(slots: slots),
            limits: CoreSharing.Limits(
                cores: AvailableCores.count, target: self.threads, draft: self.draftThreads))
    }

    /// Loads both to compute at the same time, each with cores of its own, as on two machines.
    package func loadSideBySide(slots: Int) throws(CommandError) -> ModelPair {
        try ModelPair(target: self.target(slots: slots), draft: self.draft(slots: slots))
    }

    /// With cores of its own.
    ///
    /// - Parameter threads: if not those that were asked for.
    package func target(slots: Int, threads: Int? = nil) -> ModelChoice {
        ModelChoice(
            path: self.model, threads: threads ?? self.threads ?? Cores.target, context: self.context,
            offload: self.devices.offload, flashAttention: self.devices.flashAttn, slots: slots, isExact: self.exact)
    }

    /// With cores of its own.
    package func draft(slots: Int) -> ModelChoice {
        ModelChoice(path: self.draft, threads: self.draftThreads ?? Cores.draft, context: nil, slots: slots)
    }
}

/// How the cores of one machine are shared out where target and draft compute at the same time.
///
/// llama.cpp's threads spin while they wait for each other. Where target and draft share a core, each waits for a
/// thread that the other one's spinning keeps from running, and both crawl. A draft is small: one core does. The cores
/// are those that the process may use, as a container's quota has it.
package enum Cores {
    package static let draft = 1
    package static var target: Int { max(1, AvailableCores.count - Self.draft) }
}

package enum ExactOption {
    package static let help: ArgumentHelp = """
        Let the target's text be the same to the last bit whatever is drafted and whoever else is served: passes \
        that were found to agree when the model was loaded, and slots with memory of their own. Refused where none \
        agree. `foretoken describe` tells what it costs. (default: where it costs next to nothing with one slot; else not)
        """
}

package func checkPositive(_ value: Int?, _ option: String) throws {
    if let value, !(1...Int(Int32.max)).contains(value) {
        throw ValidationError("\(option) \(value) is not from 1 to \(Int32.max)")
    }
}

package func checkRange(_ value: Double?, _ option: String, _ range: ClosedRange<Double>, _ unit: String) throws {
    guard let value, !range.contains(value) else { return }
    let (least, most) = (range.lowerBound.plainText, range.upperBound.plainText)
    throw ValidationError("\(option) \(value) is not from \(least) to \(most) \(unit)")
}
