import Foretoken
import ForetokenLinks
import ForetokenWire
import Foundation
import Speculation
import TestSupport
import Testing

/// A deployment with keys, as its users make it: processes, one directory, and who is not let in.
@Suite(.oneAtATime) struct KeysTests {
    /// Target, draft and coordinator with keys of one directory.
    private struct Deployment {
        let keys: String
        let target: Service
        let draft: Service
        let coordinator: Service
        private let folder: TemporaryFolder

        init() async throws {
            self.folder = try TemporaryFolder()
            self.keys = "\(self.folder.path)/keys"
            let made = try await RunningProcess(["keygen", self.keys]).end()
            try #require(made.status == 0, "\(made.error)")
            #expect(made.output.contains("draft.key") && made.output.contains("--keys"))
            let own = ["--keys", self.keys]
            self.target = try await Service(["target", "--listen", Service.anyPort, "--threads", "1"] + own)
            self.draft = try await Service(["draft", "--listen", Service.anyPort] + own)
            self.coordinator = try await Service.coordinator(
                target: self.target, drafts: [self.draft.address], own + ["--http", "127.0.0.1:0"])
        }

        func run(_ arguments: String...) async throws -> RunningProcess.Snapshot {
            try await RunningProcess(arguments).end()
        }

        func fetch(_ url: String) async throws -> String {
            let curl = ["curl", "-sS", "--fail-with-body", "--max-time", "90", url]
            return try await RunningProcess(curl, executable: "/usr/bin/env").end().output
        }

        func network(_ role: Role, name: String? = nil) throws -> ZeroMQNetwork {
            try ZeroMQNetwork(.keys(Keyring(self.keys, role: role, name: name)))
        }
    }

    @Test func membersAreServedAndStrangersAreNot() async throws {
        let deployment = try await Deployment()
        let (address, keys) = (deployment.coordinator.address, deployment.keys)
        try await withForetokenClient(address: address, keys: keys) { client in
            let options = GenerationOptions(maxTokens: 24, lookahead: "fixed:3")
            let text = try await client.complete("import Foundation", options: options).text
            #expect(!text.isEmpty)
            // The draft is one of them, too: texts are served before it is there.
            try await eventually("the draft takes part") {
                let answer = try await client.complete("import Foundation", options: options)
                #expect(answer.text == text)
                return answer.statistics.draftTokens > 0
            }
        }
        let generated = try await deployment.run(
            "generate", "--connect", address, "--keys", keys, "--max-tokens", "8", "import Foundation")
        #expect(generated.status == 0 && !generated.output.isEmpty, "\(generated.error)")
        let described = try await deployment.run("describe", "--connect", address, "--keys", keys)
        #expect(described.status == 0 && described.output.contains("foretoken-reference"), "\(described.error)")
        // Over HTTP, the coordinator's own gateway.
        let http = try #require(deployment.coordinator.http)
        #expect(try await deployment.fetch("\(http)/v1/models").contains("foretoken-reference"))

        let stranger = try await deployment.run("generate", "--connect", address, "--max-tokens", "8", "import")
        #expect(stranger.status == 69 && stranger.error.contains("--keys"), "\(stranger.error)")
        let logged = try await deployment.coordinator.process.wait(for: "refusal") { $0.error.contains("Refused") }
        #expect(logged.error.contains("reason=handshake"))
        let counted = try await deployment.fetch("\(http)/metrics").split(separator: "\n").first {
            $0.hasPrefix("foretoken_refusals_total{reason=\"handshake\",role=\"coordinator\"}")
        }
        #expect(counted.map { !$0.hasSuffix(" 0") } == true, "\(String(describing: counted))")
    }

    /// A draft's key gives no more than a draft may do, whatever its holder says.
    @Test func aDraftIsNotTakenForACoordinator() async throws {
        let deployment = try await Deployment()
        let liar = try await WirePeer(to: deployment.target.address, over: deployment.network(.draft))
        liar.greet(.coordinator, name: "liar")
        let claim = try await liar.status()
        #expect(claim.code == .permissionDenied && claim.message.contains("draft"))
        liar.greet(.draft, name: "coordinator/liar")
        #expect(try await liar.status().code == .permissionDenied)
        liar.greet(.draft, name: "draft/liar")
        _ = try await liar.welcome()
        liar.send(Envelope(call: 3, .open(OpenRequest(request: Request(prompt: "a", maxTokens: 4)))))
        #expect(try await liar.status().code == .permissionDenied)
        // A sequence that was never given to it, or to anybody.
        liar.send(Envelope(.block(Block(sequence: 12345, position: 3, fingerprint: .empty, tokens: [1, 2, 3]))))
        let release = try await liar.next { if case .release(let release) = $0.body { release } else { nil } }
        #expect(release.sequence == 12345)
        let logged = try await deployment.target.process.wait(for: "all refusals") { snapshot in
            ["hello", "message", "sequence"].allSatisfy { snapshot.error.contains("reason=\($0)") }
        }
        #expect(logged.error.contains("liar") || logged.error.contains("draft"))
        try await withForetokenClient(address: deployment.coordinator.address, keys: deployment.keys) { client in
            let answer = try await client.complete("import", options: GenerationOptions(maxTokens: 4))
            #expect(answer.tokens.count == 4)
        }
    }

    @Test func keysComeAndGoWithoutARestart() async throws {
        let deployment = try await Deployment()
        let added = try await deployment.run("keygen", deployment.keys, "--add", "client", "--name", "guest")
        #expect(added.status == 0 && added.output.contains("guest.key"), "\(added.error)")
        let guest = try await WirePeer(
            to: deployment.coordinator.address, over: deployment.network(.client, name: "guest"),
            expecting: .coordinator)
        guest.greet(.client, name: "guest/1")
        _ = try await guest.welcome()
        let revoked = try await deployment.run("keygen", deployment.keys, "--revoke", "guest")
        #expect(revoked.status == 0 && revoked.output.contains("guest"), "\(revoked.error)")
        try await deployment.coordinator.process.wait(for: "revocation") { $0.error.contains("Key revoked") }
        guest.send(Envelope(call: 1, .describe))
        try await deployment.coordinator.process.wait(for: "refusal") { $0.error.contains("reason=revoked") }
        let again = try await deployment.run("keygen", deployment.keys)
        #expect(again.status == 74 && again.error.contains("not overwritten"), "\(again.error)")
    }

    @Test func withoutKeysNobodyGoesOffTheLoopbackUnasked() async throws {
        for service in ["target", "draft"] {
            let refused = try await RunningProcess(["serve", service, "--listen", "tcp://0.0.0.0:0"]).end()
            #expect(refused.status == 64 && refused.error.contains("--keys"), "\(refused.error)")
            #expect(refused.error.contains("--insecure"), "\(refused.error)")
        }
        let client = try await RunningProcess(["describe", "--connect", "tcp://192.0.2.1:7000"]).end()
        #expect(client.status == 65 || client.status == 64, "\(client.error)")
        #expect(client.error.contains("--insecure"), "\(client.error)")
        let insecure = try await Service(["draft", "--listen", "tcp://0.0.0.0:0", "--insecure"])
        #expect(insecure.process.snapshot.error.contains("warning: --insecure"))
        let both = try await RunningProcess(["serve", "draft", "--keys", "k", "--insecure"]).end()
        #expect(both.status == 64 && both.error.contains("exclude"), "\(both.error)")
        let missing = try await RunningProcess(["serve", "draft", "--keys", "/nowhere/keys"]).end()
        #expect(missing.status == 66 && missing.error.contains("keygen"), "\(missing.error)")
    }
}
