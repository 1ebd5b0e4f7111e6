internal import ArgumentParser
internal import CPingPong
import CommandSupport
internal import ForetokenLinks
internal import ForetokenWire
internal import Speculation

struct ProtocolCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "protocol",
        abstract: "Time a block's way to its verdict, plain and encrypted, next to bare libzmq.",
        discussion: """
            Sends blocks to a real target service over TCP loopback, with a model that takes no time, and times each \
            until its verdict is there: encoding, sockets, threads, the acceptance walk and all. In the same run, in \
            turns with it, two bare blocking libzmq sockets in C play ping-pong with messages of the same size, and \
            the same blocks go to a second target with keys. The ratios of the medians are what the protocol costs, and \
            what encryption does.
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
        let keys = try BenchKeys()
        let plain = try await ProbedTarget(lookahead: self.lookahead) { _ in ZeroMQNetwork() }
        let encrypted = try await ProbedTarget(lookahead: self.lookahead) { try keys.network($0) }

        // The size that a block and a verdict have on their way.
        let sizes = self.messageSizes
        for target in [plain, encrypted] { _ = try await target.probe.measure(rounds: 1000) }
        var times = Times()
        let rounds = max(1, self.rounds / Self.turns)
        for _ in 0..<Self.turns {
            times.bare += try Self.pingPong(rounds: rounds, sizes: sizes)
            times.plain += try await plain.probe.measure(rounds: rounds).map { $0 * 1e6 }
            times.encrypted += try await encrypted.probe.measure(rounds: rounds).map { $0 * 1e6 }
        }
        for target in [plain, encrypted] { await target.stop() }
        times.sort()
        self.report(times, sizes: sizes)
    }

    /// Microseconds of round trips.
    private struct Times {
        var bare: [Double] = []
        var plain: [Double] = []
        var encrypted: [Double] = []

        mutating func sort() {
            self.bare.sort()
            self.plain.sort()
            self.encrypted.sort()
        }
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

    private func report(_ times: Times, sizes: (block: Int, verdict: Int)) {
        func at(_ share: Double, _ times: [Double]) -> Double {
            times[min(times.count - 1, Int(share * Double(times.count)))]
        }
        let (bare, plain, encrypted) = (at(0.5, times.bare), at(0.5, times.plain), at(0.5, times.encrypted))
        if self.json {
            print(
                """
                {"rounds":\(times.plain.count),"lookahead":\(self.lookahead),"block_bytes":\(sizes.block),\
                "verdict_bytes":\(sizes.verdict),"bare_p50_us":\(bare),"bare_p99_us":\(at(0.99, times.bare)),\
                "p50_us":\(plain),"p99_us":\(at(0.99, times.plain)),"ratio_p50":\(plain / bare),\
                "encrypted_p50_us":\(encrypted),"encrypted_p99_us":\(at(0.99, times.encrypted)),\
                "encrypted_ratio_p50":\(encrypted / plain)}
                """)
            return
        }
        let rows = [
            ("bare libzmq ping-pong", times.bare), ("block to verdict", times.plain),
            ("block to verdict, encrypted", times.encrypted),
        ]
        print(
            "\(times.plain.count) round trips each, TCP loopback, "
                + "blocks of \(sizes.block) and verdicts of \(sizes.verdict) bytes")
        print("                               p50 us    p99 us")
        for (name, times) in rows {
            print(pad(name, 29), pad(oneDecimal(at(0.5, times)), -8), pad(oneDecimal(at(0.99, times)), -9))
        }
        print("ratio of medians \(twoDecimals(plain / bare))")
        let price = oneDecimal(encrypted - plain)
        print("encryption costs \(price) us a round, \(twoDecimals(encrypted / plain)) times the plain median")
    }
}

private func oneDecimal(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
private func twoDecimals(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }

/// To a width, on the right, or where it is negative on the left.
private func pad(_ text: String, _ width: Int) -> String {
    let space = String(repeating: " ", count: max(0, abs(width) - text.count))
    return width < 0 ? space + text : text + space
}
