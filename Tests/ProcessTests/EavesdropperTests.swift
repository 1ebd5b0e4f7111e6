import Foretoken
import Foundation
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Whoever listens on the line reads prompts, texts and tokens where there are no keys, and nothing where there are.
@Suite(.oneAtATime, .enabled(if: Capture.isPossible, "only root with tcpdump can listen on a line"))
struct EavesdropperTests {
    private static let prompt = "import Foundation // a secret that nobody else shall read"
    private static let tokens: [UInt32] = [301, 1402, 77, 2503, 604, 3705, 88, 1906]

    @Test(arguments: [false, true])
    func keysHidePromptsAndTokens(hasKeys: Bool) async throws {
        let trio = try await EncryptedTrio(hasKeys: hasKeys)
        let capture = try await Capture(ports: [trio.coordinator, trio.target, trio.draft].map(\.port))
        let answer = try await trio.withClient { client in
            try await client.waitForDraft()
            let options = GenerationOptions(maxTokens: 48, lookahead: "fixed:4")
            _ = try await client.complete(.tokens(Self.tokens), options: options)
            return try await client.complete(.text(Self.prompt), options: options)
        }
        let line = try await capture.end()
        #expect(line.count > 10_000, "nothing was heard: \(line.count) bytes")

        // What a draft is sent of a text is its tokens, one behind the other.
        let written = Self.packed(Array(answer.tokens[8..<12]))
        #expect(line.contains(Data(Self.prompt.utf8)) != hasKeys, "the prompt is heard: \(!hasKeys)")
        #expect(line.contains(Self.packed(Self.tokens)) != hasKeys, "the prompt's tokens are heard: \(!hasKeys)")
        if hasKeys { #expect(!line.contains(written), "tokens of the text are heard") }
    }

    /// As protobuf packs numbers.
    private static func packed(_ tokens: [UInt32]) -> Data {
        var data = Data()
        for token in tokens {
            var rest = token
            while rest >= 0x80 {
                data.append(UInt8(rest & 0x7f) | 0x80)
                rest >>= 7
            }
            data.append(UInt8(rest))
        }
        return data
    }
}

extension Data {
    fileprivate func contains(_ part: Data) -> Bool { self.range(of: part) != nil }
}

/// All that goes over some ports of the loopback, as tcpdump writes it.
private final class Capture: Sendable {
    private static let program = ["/usr/bin/tcpdump", "/usr/sbin/tcpdump"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    static var isPossible: Bool { self.program != nil && geteuid() == 0 }

    private let process: RunningProcess
    private let path = TemporaryFile.freePath()

    init(ports: [UInt16]) async throws {
        let filter = ports.map { "tcp port \($0)" }.joined(separator: " or ")
        self.process = try RunningProcess(
            ["-i", "lo", "-Z", "root", "-U", "--immediate-mode", "-B", "16384", "-w", self.path, filter],
            executable: Self.program!)
        try await self.process.wait(for: "capture") { $0.error.contains("listening on") }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: self.path)
    }

    func end() async throws -> Data {
        self.process.signal(SIGINT)
        let end = try await self.process.end()
        #expect(end.error.contains("0 packets dropped by kernel"), "\(end.error)")
        return try Data(contentsOf: URL(filePath: self.path))
    }
}
