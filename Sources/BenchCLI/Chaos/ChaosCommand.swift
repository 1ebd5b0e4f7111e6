import ArgumentParser
import CommandSupport
import Foundation
import Logging
import Measurement
import UnixSignals

struct ChaosCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chaos",
        abstract: "Let faults befall a deployment under load, and check every text.",
        discussion: """
            Starts two targets, two drafts and two coordinators as processes, each in a network namespace of its own, with \
            emulated links from drafts to targets, and lets clients ask for greedy and sampled texts, over the SDK and \
            over HTTP. Meanwhile one fault after the other comes, as the seed has it: processes are killed, restarted and \
            frozen, cables pulled, packets lost in one direction, links lengthened and reset, the disk of the logs filled, \
            clocks set wrong.

            Every text is compared, token by token, with what the target writes alone. What is lost, doubled or changed, \
            every request without an end or with a status that nobody asked for, every crash, and a deployment that does \
            not become whole again, is a finding. The report tells them first, then how long texts paused, by kind of fault.

            Network namespaces need root, iproute2 and util-linux; nothing of them is left over, however this ends. With \
            --no-namespaces all runs on the loopback, and faults that need them are left out. Clocks are set by \
            libfaketime, where it is installed.

            EXAMPLES:
              foretoken-bench chaos
              foretoken-bench chaos --faults 1000 --seed 7 --output chaos.json --history chaos.jsonl
              foretoken-bench chaos --no-namespaces --kinds kill,freeze --faults 20
            """)

    @Option(help: .init("Faults, one after the other.", valueName: "n"))
    var faults = 50

    @Option(
        parsing: .unconditional, help: .init("The same seed gives the same texts and the same faults.", valueName: "n"),
        transform: NumberOption.seed)
    var seed: UInt64 = 1

    @Option(
        help: .init(
            """
            Kinds of faults, in commas: \(FaultKind.allCases.map(\.rawValue).joined(separator: ", ")); or with what they \
            befall, as in kill:draft. (default: all)
            """, valueName: "kinds"), transform: { try Self.parseKinds($0) })
    var kinds: [FaultChoice] = FaultChoice.all

    @Option(help: .init("Most faults at once; some part of each role stays untouched.", valueName: "n"))
    var overlap = 1

    @Option(help: .init("Clients of the SDK, with one text each at a time.", valueName: "n"))
    var clients = 4

    @Option(help: .init("Clients of HTTP.", valueName: "n"))
    var httpClients = 2

    @Option(help: .init("Different texts that are asked for.", valueName: "n"))
    var texts = 24

    @Option(help: .init("New tokens of the longest text.", valueName: "n"))
    var maxTokens = 96

    @Option(help: .init("Delay one way between drafts and targets.", valueName: "ms"))
    var delay = 2.0

    @Option(help: .init("Sequences side by side, of each target and draft.", valueName: "n"))
    var slots = 8

    @Flag(inversion: .prefixedNo, help: "Give each part a network namespace of its own.")
    var namespaces = true

    @Flag(inversion: .prefixedNo, help: "Encrypt and authenticate all connections, with a key for each part.")
    var keys = true

    @Option(help: .init("GGUF file of the targets. (default: the bundled one)", valueName: "file"))
    var model: String?

    @Option(help: .init("GGUF file of the drafts. (default: the bundled one)", valueName: "file"))
    var draft: String?

    @Option(help: .init("The program to start. (default: foretoken next to this one)", valueName: "file"))
    var foretoken: String?

    @Option(help: .init("Write the report as JSON; deploy/bench/plots draws it.", valueName: "file"))
    var output: String?

    @Option(help: .init("Write all that happened, one JSON object a line.", valueName: "file"))
    var history: String?

    @Option(help: .init("Keep the logs of all parts in this folder.", valueName: "folder"))
    var logs: String?

    @OptionGroup(title: "Log")
    var log: LogOptions

    func validate() throws {
        for (value, name) in [
            (self.faults, "--faults"), (self.overlap, "--overlap"), (self.clients, "--clients"),
            (self.texts, "--texts"),
            (self.maxTokens, "--max-tokens"), (self.slots, "--slots"),
        ] {
            try checkPositive(value, name)
        }
        try checkRange(Double(self.httpClients), "--http-clients", 0...1000, "")
        try checkRange(self.delay, "--delay", 0...10_000, "ms")
    }

    private static func parseKinds(_ text: String) throws -> [FaultChoice] {
        try text.split(separator: ",", omittingEmptySubsequences: false).flatMap { name in
            let choices = FaultChoice.choices(name)
            guard choices.isEmpty else { return choices }
            let known = FaultKind.allCases.map(\.rawValue).joined(separator: ", ")
            let parts = ChaosPart.Role.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError(
                "\"\(name)\" is not a kind of fault: choose from \(known), or say what it befalls, as in kill:draft (\(parts))"
            )
        }.uniqued()
    }

    func run() async throws {
        if let output { try OutputFile.check(output) }
        let program = try self.program()
        let launcher = Launcher()
        if self.namespaces, !Namespaces.isInside { try await Namespaces.enter(launcher) }
        _ = self.log.start(level: .error)
        let place = try await ChaosPlace(hasNamespaces: self.namespaces, launcher)
        defer { place.remove() }
        let (kinds, leftOut) = self.available(place)
        guard !kinds.isEmpty else {
            throw CommandError(.usage, "none of these faults can be had here: \(leftOut.joined(separator: "; "))")
        }
        let recorder = HistoryRecorder(file: try self.history.map { try OutputFile($0) })
        let date = Date()
        let ending: Result<Interruptible<Void>, any Error>
        do {
            ending = .success(
                try await untilInterrupted {
                    try await self.run(
                        FaultSchedule(seed: self.seed, choices: kinds), program, place, recorder, launcher)
                })
        } catch {
            ending = .failure(error)
        }
        if let logs { try place.keepLogs(in: logs) }
        try recorder.close()
        if case .failure(let error) = ending, !(error is CommandError) || recorder.events.count < 2 { throw error }
        try self.report(recorder.events, leftOut, date, isComplete: ending.isFinished)
        if case .interrupted(let signal) = try ending.get() { throw ExitCode(signal == .sigint ? 130 : 143) }
    }

    private func run(
        _ schedule: FaultSchedule, _ program: String, _ place: ChaosPlace, _ recorder: HistoryRecorder,
        _ launcher: Launcher
    ) async throws {
        let texts = try await self.writeTexts()
        recorder.record(.campaign(.init(seed: self.seed, commandLine: Self.commandLine, texts: texts)))
        let namespaces =
            self.namespaces ? try await Namespaces(ChaosFleet.processes, log: place.holdersLog, launcher) : nil
        let keys =
            self.keys
            ? try await FleetKeys(in: place.keys, for: ChaosFleet.processes, program: program, launcher) : nil
        let fleet = ChaosFleet(
            .init(
                program: program, model: self.model, draft: self.draft, slots: self.slots, delay: self.delay / 1000,
                logs: place.logs,
                faketime: schedule.choices.contains { $0.kind == .clockStep } ? place.faketime : nil, keys: keys),
            launcher, namespaces, recorder)
        let result: Result<Void, any Error>
        do {
            try await fleet.start()
            let run = ChaosRun(
                plans: schedule.plans(count: self.faults), overlap: self.overlap, texts: texts, clients: self.clients,
                httpClients: self.httpClients, seed: self.seed, fleet: fleet, recorder: recorder)
            let progress = ProgressBar(total: self.faults, of: "faults")
            defer { progress.end() }
            result = .success(try await run.run { progress.advance() })
        } catch {
            result = .failure(error)
        }
        await fleet.stop()
        try result.get()
    }

    private func writeTexts() async throws -> [ChaosText] {
        let deck = ChaosTexts.deck(count: self.texts, maxTokens: self.maxTokens, seed: self.seed)
        func choice(_ path: String?, isExact: Bool?) -> ModelChoice {
            ModelChoice(path: path, threads: 1, context: nil, slots: self.slots, isExact: isExact)
        }
        let progress = ProgressBar(total: deck.count, of: "texts of the target alone")
        defer { progress.end() }
        return try await ChaosTexts.write(
            deck, target: choice(self.model, isExact: true), draft: choice(self.draft, isExact: nil)
        ) { progress.advance() }
    }
}

// MARK: What goes in and out

extension ChaosCommand {
    private func program() throws(CommandError) -> String {
        let own = Bundle.main.executablePath ?? CommandLine.arguments[0]
        let program = self.foretoken ?? URL(filePath: own).deletingLastPathComponent().appending(path: "foretoken").path
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw CommandError(.missingFile, "there is no program \(program): name it with --foretoken")
        }
        return program
    }

    /// The kinds of faults that can be had here, and why others cannot.
    private func available(_ place: ChaosPlace) -> (kinds: [FaultChoice], leftOut: [String]) {
        func reason(_ kind: FaultKind) -> String? {
            if kind.needsNamespaces, !self.namespaces { return "\(kind.rawValue) needs network namespaces" }
            if kind == .clockStep, place.faketime == nil {
                return "\(kind.rawValue) needs libfaketime, which is not installed"
            }
            return nil
        }

        return (
            self.kinds.filter { reason($0.kind) == nil }, self.kinds.map(\.kind).uniqued().compactMap(reason)
        )
    }

    /// As it was typed.
    private static var commandLine: [String] {
        [URL(filePath: CommandLine.arguments[0]).lastPathComponent] + CommandLine.arguments.dropFirst()
    }

    private func report(_ events: [ChaosEvent], _ leftOut: [String], _ date: Date, isComplete: Bool) throws {
        let report = ChaosReport(
            date: date, commandLine: Self.commandLine, machine: .current,
            setting: .init(
                seed: self.seed, clients: self.clients, httpClients: self.httpClients, delayMs: self.delay,
                overlap: self.overlap, hasNamespaces: self.namespaces, hasKeys: self.keys, leftOut: leftOut),
            isComplete: isComplete, events: events)
        Console.write(report.text + "\n")
        if let output { try OutputFile.write(try report.encoded(), to: output) }
        if isComplete, !report.findings.isEmpty { throw ExitCode(1) }
    }
}

extension Result where Success == Interruptible<Void> {
    fileprivate var isFinished: Bool { if case .success(.finished) = self { true } else { false } }
}
