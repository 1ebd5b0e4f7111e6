import Foretoken
import Foundation
import LinkEmulator
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A target whose layers lie on RPC servers writes what it writes alone, and a lost server takes it and no text.
@Suite(.oneAtATime, .enabled(if: RPCServerProcess.isThere, RPCServerProcess.whatIsMissing)) struct RPCTests {
    private static let prompt = "import unittest"

    /// The tokens of a text of one process.
    private func tokens(_ options: String...) async throws -> [Int] {
        let ended = try await RunningProcess(
            ["generate", Self.prompt, "--json", "--max-tokens", "48", "--threads", "1", "--no-exact"] + options
        ).end()
        try #require(ended.status == 0, "\(ended.error)")
        #expect(ended.error.isEmpty)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(ended.output.utf8)) as? [String: Any])
        return try #require(object["tokens"] as? [Int])
    }

    @Test func theTextIsThatOfTheTargetAlone() async throws {
        let (first, second) = (try await RPCServerProcess(), try await RPCServerProcess())
        let alone = try await self.tokens("--lookahead", "off")
        #expect(alone.count == 48)
        let both = ["--rpc", "\(first.address),\(second.address)"]
        #expect(try await self.tokens("--rpc", first.address, "--lookahead", "fixed:4") == alone)
        #expect(try await self.tokens(both[0], both[1], "--tensor-split", "3,1", "--lookahead", "off") == alone)
        // The last two layers there, the others here.
        #expect(try await self.tokens(both[0], both[1], "--gpu-layers", "2", "--lookahead", "off") == alone)
        let split = try await foretoken("generate", "x", both[0], both[1], "--tensor-split", "1,1,1")
        #expect(split.status == 64)
        #expect(split.error.contains("speaks of 3 devices, but there are 2"), "\(split.error)")
        for server in [first, second] { #expect(server.process.snapshot.status == nil) }
    }

    enum Loss: CaseIterable { case inThePass, idleAndBack }

    /// Killed in the midst of a text, or while nothing is to be done, and back before anybody asks: what it held is gone.
    @Test(arguments: Loss.allCases) func aLostServerTakesItsTargetAndNoText(_ loss: Loss) async throws {
        let server = try await RPCServerProcess()
        let link = try LinkEmulator(to: "tcp://\(server.address)")
        let address = try await link.start().dropFirst("tcp://".count)
        let result: Result<Void, any Error>
        do {
            result = .success(try await self.lose(server, behind: link, at: String(address), loss))
        } catch {
            result = .failure(error)
        }
        await link.stop()
        try result.get()
    }

    private func lose(
        _ server: RPCServerProcess, behind link: LinkEmulator, at address: String, _ loss: Loss
    ) async throws {
        let target = try await Service.target("--rpc", address, "--no-exact")
        let coordinator = try await Service.coordinator(target: target, drafts: [])
        let count = 600
        try await withClient(of: coordinator) { client in
            // It has worked before it is lost.
            _ = try await client.tokens(Self.prompt, count: 4, lookahead: "off")
            #expect(try await client.describe().targets.first?.execution?.rpcServers == 1)
            var back: RPCServerProcess?
            if loss == .idleAndBack {
                server.process.signal(SIGKILL)
                _ = try await server.process.end()
                #expect(target.process.snapshot.status == nil)
                back = try await RPCServerProcess()
                try await link.lead(to: "tcp://\(back!.address)")
            }
            // So far away that the text lasts for half a minute, however fast the machine is.
            if loss == .inThePass { await link.set(delay: 0.025) }
            let generation = try await client.generate(
                Self.prompt, options: GenerationOptions(maxTokens: count, lookahead: "off"))
            var pieces = generation.makeAsyncIterator()
            var tokens: [UInt32] = []
            if loss == .inThePass {
                while tokens.count < 8 { tokens.append(try #require(try await pieces.next()).token) }
                server.process.signal(SIGKILL)
            }
            let ended = try await target.process.end()
            #expect(ended.status == 69)
            #expect(
                ended.error.contains("error: an RPC server that holds layers of the model is lost"), "\(ended.error)")
            let other = try await Service.target("--no-exact", "--coordinator", coordinator.address)
            while let piece = try await pieces.next() { tokens.append(piece.token) }
            #expect(generation.statistics.resumptions == 1)
            #expect(try await client.tokens(Self.prompt, count: count, lookahead: "off") == tokens)
            #expect(tokens.count == count)
            #expect(other.process.snapshot.status == nil)
            if let back { #expect(back.process.snapshot.status == nil) }
        }
    }

    @Test func aServerThatIsNoneIsNamed() async throws {
        let nobody = "127.0.0.1:\(try RPCServerProcess.freePort())"
        let draft = try await Service.draft()
        let someoneElse = String(draft.address.dropFirst("tcp://".count))
        for (address, words) in [
            (nobody, "Connection refused"), (someoneElse, "no ggml-rpc-server"),
            ("\(String(repeating: "x", count: 64)).invalid:1", "does not resolve"),
        ] {
            let ended = try await foretoken("serve", "target", "--rpc", address)
            #expect(ended.status == 69, "\(ended.error)")
            #expect(
                ended.error.contains("no RPC server at \(address): ") && ended.error.contains(words), "\(ended.error)")
            #expect(ended.output.isEmpty)
        }
    }
}
