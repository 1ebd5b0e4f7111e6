import ArgumentParser
import CommandSupport
import LinkEmulator

/// When a link drops its connections, and when nothing passes.
struct LinkTroubleOptions: ParsableArguments {
    @Option(help: .init("Close all connections once, so long after the start.", valueName: "seconds"))
    var dropAfter: Double?

    @Option(help: .init("Close all connections again and again, so far apart.", valueName: "seconds"))
    var dropEvery: Double?

    @Option(help: .init("Let nothing pass for a while, again and again, so far apart.", valueName: "seconds"))
    var freezeEvery: Double?

    @Option(help: .init("How long nothing passes; nothing is lost. (default: 1)", valueName: "seconds"))
    var freezeFor: Double?

    func validate() throws {
        for (value, option) in [
            (self.dropAfter, "--drop-after"), (self.dropEvery, "--drop-every"), (self.freezeEvery, "--freeze-every"),
            (self.freezeFor, "--freeze-for"),
        ] {
            try checkRange(value, option, 0.001...1_000_000, "seconds")
        }
        if self.freezeFor != nil && self.freezeEvery == nil {
            throw ValidationError("--freeze-for goes with --freeze-every, which says how often")
        }
    }

    /// Makes trouble until the task is cancelled.
    func make(on link: LinkEmulator) async {
        await withTaskGroup { group in
            if let dropAfter {
                group.addTask {
                    guard await self.sleep(dropAfter) else { return }
                    await link.drop()
                }
            }
            if let dropEvery {
                group.addTask { while await self.sleep(dropEvery) { await link.drop() } }
            }
            if let freezeEvery {
                group.addTask {
                    while await self.sleep(freezeEvery) {
                        await link.freeze()
                        guard await self.sleep(self.freezeFor ?? 1) else { return }
                        await link.thaw()
                    }
                }
            }
        }
    }

    /// - Returns: false once the task is cancelled.
    private func sleep(_ seconds: Double) async -> Bool {
        (try? await Task.sleep(for: .seconds(seconds))) != nil
    }
}
