import ArgumentParser
import CommandSupport
import Foretoken
import Foundation
import Measurement
import OpenAIClient
import Speculation
import Synchronization
import UnixSignals

struct LoadTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "loadtest",
        abstract: "Load a running server, and measure what its users would feel.",
        discussion: """
            Sends prompts to a coordinator (--connect) or to any server that speaks OpenAI's protocol (--url), and tells \
            time to first token, time per token, inter-token and end-to-end time, rates, errors by kind, and what the \
            server tells of speculation. (foretoken-bench load measures rules against each other in this process, \
            with its own models; this command measures a server from outside, as it runs.)

            With --clients each of that many clients asks again as soon as it has its answer: a closed loop, which slows \
            down with the server. With --rate requests come at random times (Poisson) that the seed alone decides: an \
            open loop, as of many users who do not know of each other. Every time is measured from the moment a \
            request was scheduled for, so that a server that stalls cannot hide the wait of those behind it.

            Each prompt is used once; with --repeat, again when all are used up. Without --requests and --duration all \
            prompts are sent. With --duration, requests under way at its end have --drain seconds more; then they \
            are cut off, and counted as such. A client whose request failed waits 0.1 s.

            Inter-token time is that between two arrivals: events of the stream, or passes of the target; where one \
            brings several tokens it counts once. Tokens are those the server tells; else each event counts as one.

            With --compare, speculation off is measured too, in windows that take turns, with the same prompts; the \
            table has the ratios. That needs a server of ours.

            --url speaks plain HTTP only: measure behind the proxy that ends TLS.

            EXAMPLES:
              foretoken loadtest --connect tcp://127.0.0.1:7000 --prompts a.jsonl \\
                --clients 4
              foretoken loadtest --connect tcp://127.0.0.1:7000 --prompts a.jsonl \\
                --clients 4 --lookahead marginal --compare --html load.html
              foretoken loadtest --url http://127.0.0.1:8080 --prompts a.jsonl --rate 2 \\
                --duration 60 --warm-up 5 --slo ttft=500ms,tpot=50ms --json load.json

            A line of a prompts file:
              {"prompt": "import Foundation"}
            """)

    @OptionGroup(title: "Server")
    var server: LoadServerOptions

    @Option(help: .init("Prompts, one JSON object a line; repeatable.", valueName: "file"))
    var prompts: [String]

    @Flag(help: "Use prompts again when all are used up.")
    var `repeat` = false

    @Option(help: .init("Closed loop: this many clients at once.", valueName: "n"))
    var clients: Int?

    @Option(help: .init("Open loop: this many requests a second on average.", valueName: "r"))
    var rate: Double?

    @Option(help: .init("Requests to count.", valueName: "n"))
    var requests: Int?

    @Option(help: .init("Time to count.", valueName: "s"))
    var duration: Double?

    @Option(help: .init("Time before, that is not counted.", valueName: "s"))
    var warmUp: Double = 0

    @Option(help: .init("New tokens of each text.", valueName: "n"))
    var maxTokens = 128

    @Option(help: .init("0 takes the most probable token; above 0 samples.", valueName: "t"))
    var temperature: Float = 0

    @Option(
        help: .init(
            "How far the draft runs ahead, as in foretoken generate; only servers of ours. (default: as the server "
                + "finds best)", valueName: "rule"),
        transform: { try LookaheadRule(argument: $0) })
    var lookahead: LookaheadRule?

    @Option(
        help: .init(
            "Limits on a request, to count those within all: ttft (first token), tpot (per token), itl (every gap), e2e.",
            valueName: "limits"),
        transform: { try Self.parseLimits($0) })
    var slo: ServiceLevels?

    @Flag(help: "Measure speculation off too, in turns, and tell the ratios.")
    var compare = false

    @Option(
        parsing: .unconditional, help: .init("For arrivals, the order of prompts, and sampling.", valueName: "n"),
        transform: NumberOption.seed)
    var seed: UInt64 = 1

    @Option(help: .init("A request that takes longer has timed out.", valueName: "s"))
    var timeout: Double = 300

    @Option(help: .init("Time that requests under way at the end of --duration have left.", valueName: "s"))
    var drain: Double = 30

    @Option(help: .init("Requests at once; those beyond wait here, and their time runs.", valueName: "n"))
    var maxInFlight = 900

    @Option(help: .init("Write all figures as JSON.", valueName: "file"))
    var json: String?

    @Option(help: .init("Write one page with plots, tables and how it was measured.", valueName: "file"))
    var html: String?

    @OptionGroup(title: "Log")
    var log: LogOptions

    func validate() throws {
        switch (self.clients, self.rate) {
        case (nil, nil): throw ValidationError("give --clients N (closed loop) or --rate R (open loop)")
        case (_?, _?): throw ValidationError("--clients and --rate exclude each other: closed loop or open loop")
        default: break
        }
        if self.requests != nil && self.duration != nil {
            throw ValidationError("--requests and --duration exclude each other")
        }
        try checkPositive(self.clients, "--clients")
        try checkRange(self.clients.map(Double.init), "--clients", 1...Double(Self.mostInFlight), "clients")
        try checkRange(self.rate, "--rate", 0.001...10_000, "requests/s")
        try checkPositive(self.requests, "--requests")
        try checkRange(self.duration, "--duration", 0.1...86_400, "s")
        try checkRange(self.warmUp, "--warm-up", 0...3600, "s")
        try checkPositive(self.maxTokens, "--max-tokens")
        try checkRange(self.timeout, "--timeout", 0.001...86_400, "s")
        try checkRange(self.drain, "--drain", 0...86_400, "s")
        try checkRange(Double(self.maxInFlight), "--max-in-flight", 1...Double(Self.mostInFlight), "requests")
        if let fault = Sampling(temperature: self.temperature).fault { throw ValidationError(fault) }
    }

    func run() async throws {
        let prompts = try CheckPrompt.read(self.prompts, limit: nil)
        try self.checkCount(of: prompts)
        for path in [self.json, self.html].compactMap(\.self) { try OutputFile.check(path) }
        _ = self.log.start(level: .error)
        let texts = LoadTexts(
            prompts: prompts.map(\.text), maxTokens: self.maxTokens, temperature: self.temperature, seed: self.seed,
            lookahead: self.lookahead?.description, timeout: .seconds(self.timeout), isComparison: self.compare)
        let state = LoadTestState(self.compare ? [.asked, .off] : [.asked], goal: self.slo ?? ServiceLevels())
        let (ending, address, model) = try await self.server.withTarget(texts) { target in
            try await self.measure(target, state, prompts: prompts.count)
        }
        let report = self.report(state, ending, prompts: prompts.count, server: address, model: model)
        Console.write(([report.headline] + report.tables.map(\.text)).joined(separator: "\n\n") + "\n\n")
        Console.write(report.noteLines(columns: 110) + "\n")
        if let json { try OutputFile.write(try report.encoded(), to: json) }
        if let html { try OutputFile.write(LoadTestPage(report).html, to: html) }
        if case .interrupted(let signal) = ending { throw ExitCode(signal == .sigint ? 130 : 143) }
        if let error = report.arms.flatMap(\.errors).max(by: { $0.count < $1.count }),
            report.arms.allSatisfy({ $0.completed == 0 })
        {
            throw CommandError(.unavailable, "no request has completed; the most frequent error: \(error.kind)")
        }
    }

    private static let mostInFlight = 10_000

    private var shape: LoadShape {
        if let clients { .closed(clients: clients) } else { .open(rate: self.rate!) }
    }

    private func bound(prompts: Int) -> LoadBound {
        if let duration { .seconds(duration) } else { .requests(self.requests ?? prompts) }
    }

    /// Refuses what is known to need more prompts than there are.
    private func checkCount(of prompts: [CheckPrompt]) throws(CommandError) {
        guard !self.repeat else { return }
        var needed = self.requests ?? 0
        if let rate, let duration, !self.compare {
            let schedule = ArrivalSchedule(rate: rate, seed: self.seed)
            needed = schedule.count(before: min(duration + self.warmUp, Double(prompts.count + 1) * 100 / rate))
        }
        guard needed > prompts.count else { return }
        throw CommandError(
            .usage,
            "\(count(needed, "request")) need as many prompts, and there are \(prompts.count): give more --prompts, or "
                + "use them again with --repeat")
    }

    private func measure(
        _ target: some LoadTarget, _ state: LoadTestState, prompts: Int
    ) async throws -> Interruptible<String?> {
        let bound = self.bound(prompts: prompts)
        let test = LoadTest(
            target: target, state: state,
            plan: LoadPlan(bound: bound, warmUp: self.warmUp, isComparison: self.compare, seed: self.seed),
            shape: self.shape, deck: PromptDeck(count: prompts, seed: self.seed, repeats: self.repeat),
            drain: self.drain, mostInFlight: self.maxInFlight,
            endsWithPrompts: self.requests == nil && self.duration == nil)
        let progress = LoadProgress(state, bound: bound, warmUp: self.warmUp, arms: self.compare ? 2 : 1)
        let watching = Task { await progress.watch() }
        let ending: Result<Interruptible<String?>, any Error>
        do { ending = .success(try await untilInterrupted { await test.run() }) } catch { ending = .failure(error) }
        watching.cancel()
        await watching.value
        return try ending.get()
    }

    private func report(
        _ state: LoadTestState, _ ending: Interruptible<String?>, prompts: Int, server: String, model: String?
    ) -> LoadTestReport {
        var report = LoadTestReport(
            date: Date(), commandLine: CommandLine.arguments, machine: .current, server: server, model: model,
            plan: .init(
                shape: self.shape, bound: self.bound(prompts: prompts), warmUp: self.warmUp, maxTokens: self.maxTokens,
                temperature: self.temperature, seed: self.seed, lookahead: self.lookahead?.description,
                isComparison: self.compare, prompts: prompts, timeout: self.timeout, drain: self.drain),
            limits: self.slo)
        let cause =
            switch ending {
            case .finished(let cause): cause
            case .interrupted: "interrupted"
            }
        state.recorder.withLock { report.summarize($0, now: state.clock.now, cause: cause) }
        return report
    }

    private static func parseLimits(_ text: String) throws -> ServiceLevels {
        do {
            return try ServiceLevels(text)
        } catch {
            throw ValidationError("--slo: \(error)")
        }
    }
}
