import ArgumentParser
import CommandSupport
import ForetokenLinks
import LinkEmulator
import Logging
import Synchronization

struct LinkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "link",
        abstract: "Emulate distance: pass TCP connections on, later.",
        discussion: """
            Accepts TCP connections, passes each on to one address, and delivers what comes in either direction after \
            a delay, in order and unchanged. Prints one line of JSON when it is ready, and ends cleanly at Ctrl-C.

            Put it between draft and target: it leads to the target, and the target tells drafts to come here.

            EXAMPLES:
              foretoken serve target --listen tcp://127.0.0.1:7001 \\
                  --advertise tcp://127.0.0.1:7011
              foretoken-bench link --listen tcp://127.0.0.1:7011 --to tcp://127.0.0.1:7001 \\
                  --delay 20 --jitter 2 --bandwidth 100
              foretoken-bench link --to tcp://127.0.0.1:7001 --delay 40 --drop-every 30
              foretoken-bench link --to tcp://127.0.0.1:7001 --freeze-every 10 --freeze-for 2
            """)

    @Option(help: .init("Where to listen.", valueName: "address"))
    var listen = "tcp://127.0.0.1:0"

    @Option(help: .init("Where it leads.", valueName: "address"))
    var to: String

    @Option(help: .init("Delay one way, in both directions.", valueName: "ms"))
    var delay = 0.0

    @Option(
        help: .init(
            "Each piece of data takes longer by its own draw, uniform from 0 to this; order is kept.", valueName: "ms"))
    var jitter = 0.0

    @Option(
        parsing: .unconditional, help: .init("Where the draws of --jitter come from.", valueName: "n"),
        transform: NumberOption.seed)
    var seed: UInt64 = 0

    @Option(help: .init("Megabits a second in each direction. (default: without limit)", valueName: "mbit"))
    var bandwidth: Double?

    @OptionGroup(title: "Trouble")
    var trouble: LinkTroubleOptions

    @OptionGroup
    var log: LogOptions

    func validate() throws {
        try checkRange(self.delay, "--delay", 0...60_000, "ms")
        try checkRange(self.jitter, "--jitter", 0...60_000, "ms")
        try checkRange(self.bandwidth, "--bandwidth", 0.001...1_000_000, "Mbit/s")
    }

    func run() async throws {
        let logger = self.log.start(level: .warning)
        let settings = LinkSettings(
            delay: self.delay / 1000, jitter: self.jitter / 1000, bandwidth: self.bandwidth.map { $0 * 1e6 },
            seed: self.seed)
        let link: LinkEmulator
        do {
            link = try LinkEmulator(at: self.listen, to: self.to, settings: settings)
        } catch {
            throw CommandError(error)
        }
        let command = self
        let trouble = Mutex<Task<Void, Never>?>(nil)
        try await Serving {
            let address: String
            do {
                address = try await listening { () async throws(LinkError) in try await link.start() }
            } catch {
                await link.stop()
                throw error
            }
            trouble.withLock { $0 = Task { await command.trouble.make(on: link) } }
            return .object([
                "service": .string("link"), "address": .string(address), "to": .string(command.to),
                "delay_ms": .number(command.delay), "jitter_ms": .number(command.jitter),
                "bandwidth_mbit": command.bandwidth.map { .number($0) } ?? .null,
            ])
        } stop: {
            trouble.withLock { $0 }?.cancel()
            await link.stop()
        }.runUntilSignal(logger: logger)
    }
}
