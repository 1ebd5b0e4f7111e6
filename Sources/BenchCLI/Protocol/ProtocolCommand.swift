internal import ArgumentParser
internal import CPingPong
import CommandSupport
internal import Executors
internal import ForetokenEngine
internal import ForetokenLinks
internal import ForetokenServices
internal import ForetokenWire
internal import Logging
internal import Speculation

struct ProtocolCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "protocol",
        abstract: "Time a block's way to its verdict, beside bare libzmq.",
        discussion: """
            Sends blocks to a real target service over TCP loopback, with a model that takes no time, and times each \
            until its verdict is there: encoding, sockets, threads, the acceptance walk and all. In the same run, in \
            turns with it, two bare blocking libzmq sockets in C play ping-pong with messages of the same size. The \
            ratio of the two medians is what the protocol costs.
            """)

    @Option(help: "Round trips of each, in all.")
    var rounds = 20_000

    @Option(help: "Tokens of a block.")
    var lookahead = 4

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard self.rounds >= 1 else { throw ValidationError("--rounds \(self.rounds): give at least 1") }
        guard (1...LookaheadRule.mostTokens).contains(self.lookahead) else {
            throw ValidationError(
                "--lookahead \(self.lookahead): a block has from 1 to \(LookaheadRule.mostTokens) tokens")
        }
    }

    private static let turns = 10

    func run() async throws {
        let here = ZeroMQNetwork()
        let there = ZeroMQNetwork()
        var logger = Logger(label: "bench")
        logger.logLevel = .error
        let modelLoop = ThreadLoop(name: "model")
        let model = SyntheticModel(language: SyntheticLanguage(vocabularySize: 64), slots: 1, context: 1 << 20)
        let engine = TargetEngine(model: model, loop: modelLoop)
        let service = TargetService(
            engine: engine, network: there, loop: there.makeLoop(name: "target"),
            settings: ServiceSettings(logger: logger, heartbeatMilliseconds: 60_000),
            // A model that takes no time would write thousands of tokens alone whenever a block is late.
            patience: Patience(first: 10, least: 10, most: 10))
        let address = try await service.start(at: "tcp://127.0.0.1:0")
        let probe = ProtocolProbe(loop: here.makeLoop(name: "probe"), lookahead: self.lookahead)
        for role in [Role.coordinator, .draft] { try await probe.connect(to: address, as: role, over: here) }

        // The size that a block and a verdict have on their way.
        let sizes = self.messageSizes
        _ = try await probe.measure(rounds: 1000)
        var ours: [Double] = []
        var bare: [Double] = []
        for _ in 0..<Self.turns {
            bare += try Self.pingPong(rounds: max(1, self.rounds / Self.turns), sizes: sizes)
            ours += try await probe.measure(rounds: max(1, self.rounds / Self.turns)).map { $0 * 1e6 }
        }
        await probe.close()
        await service.stop()
        self.report(ours: ours.sorted(), bare: bare.sorted(), sizes: sizes)
    }

    private var messageSizes: (block: Int, verdict: Int) {
        let tokens = Array(repeating: Token(50), count: self.lookahead)
        let block = Block(
            sequence: 1 << 60, position: 1000, fingerprint: .empty, tokens: tokens,
            sentMicroseconds: 1 << 40, draftingMicroseconds: 100,
            roundTripMicroseconds: 100)
        let verdict = Verdict(
            sequence: 1 << 60, position: 1000, tokens: [1], fingerprint: .empty, verified: self.lookahead,
            sentMicroseconds: 1 << 40, waitedMicroseconds: 10, passMicroseconds: 10)
        return (Envelope(.block(block)).encoded().count, Envelope(.verdict(verdict)).encoded().count)
    }

    private static func pingPong(rounds: Int, sizes: (block: Int, verdict: Int)) throws -> [Double] {
        var times = Array(repeating: 0.0, count: rounds)
        let error = foretoken_pingpong(Int32(rounds), sizes.block, sizes.verdict, &times)
        guard error == 0 else { throw ValidationError("bare libzmq failed with errno \(error)") }
        return times
    }

    private func report(ours: [Double], bare: [Double], sizes: (block: Int, verdict: Int)) {
        func at(_ share: Double, _ times: [Double]) -> Double {
            times[min(times.count - 1, Int(share * Double(times.count)))]
        }
        let rows = [("bare libzmq ping-pong", bare), ("block to verdict", ours)]
        if self.json {
            print(
                """
                {"rounds":\(ours.count),"lookahead":\(self.lookahead),"block_bytes":\(sizes.block),\
                "verdict_bytes":\(sizes.verdict),"bare_p50_us":\(at(0.5, bare)),"bare_p99_us":\(at(0.99, bare)),\
                "p50_us":\(at(0.5, ours)),"p99_us":\(at(0.99, ours)),"ratio_p50":\(at(0.5, ours) / at(0.5, bare))}
                """)
            return
        }
        print(
            "\(ours.count) round trips each, TCP loopback, blocks of \(sizes.block) and verdicts of \(sizes.verdict) bytes"
        )
        print("                          p50 us    p99 us")
        for (name, times) in rows {
            print(pad(name, 24), pad(oneDecimal(at(0.5, times)), -8), pad(oneDecimal(at(0.99, times)), -9))
        }
        print("ratio of medians \(twoDecimals(at(0.5, ours) / at(0.5, bare)))")
    }
}

private func oneDecimal(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
private func twoDecimals(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }

/// To a width, on the right, or where it is negative on the left.
private func pad(_ text: String, _ width: Int) -> String {
    let space = String(repeating: " ", count: max(0, abs(width) - text.count))
    return width < 0 ? space + text : text + space
}
