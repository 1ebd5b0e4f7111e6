import Foundation
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Services that a file sets up: what `--check-config` says of it, and what SIGHUP takes up.
@Suite(.oneAtATime) struct ConfiguredServiceTests {
    private func check(_ service: String, _ path: String, _ more: String...) async throws -> RunningProcess.Snapshot {
        try await RunningProcess(["serve", service, "--config", path, "--check-config"] + more).end()
    }

    /// The status that the gateway answers with.
    private func status(_ url: String, key: String) async throws -> Int? {
        let curl = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "90"]
        let header = ["-H", "Authorization: Bearer \(key)"]
        return Int(try await RunningProcess(curl + header + [url], executable: "/usr/bin/env").end().output)
    }

    @Test func whatWouldBeUsedIsToldWithItsPlace() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(
            "log-level: debug\ncoordinator:\n  target: [tcp://a:1, tcp://b:1]\n  http: 127.0.0.1:0\n", to: "f.yaml")
        let checked = try await self.check("coordinator", path, "--rate-limit", "60")
        #expect(checked.status == 0 && checked.error.isEmpty, "\(checked.error)")
        func row(_ option: String) -> [Substring] {
            checked.output.split(separator: "\n").first { $0.hasPrefix("\(option) ") }?
                .split(separator: "  ").map { $0.drop { $0 == " " } }.filter { !$0.isEmpty } ?? []
        }
        #expect(row("log-level") == ["log-level", "debug", "\(path):1"])
        #expect(row("target") == ["target", "tcp://a:1, tcp://b:1", "\(path):3"])
        #expect(row("rate-limit") == ["rate-limit", "60", "command line"])
        #expect(row("listen") == ["listen", "tcp://127.0.0.1:7000", "default"])
        #expect(row("api-key-file") == ["api-key-file", "-", "default"])
    }

    @Test func allFaultsAreToldAndNothingStarts() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("slots: 0\nkeyz: a\ndraft:\n  threads: [1]\n", to: "f.yaml")
        for flag in [[], ["--check-config"]] {
            let ended = try await RunningProcess(["serve", "draft", "--config", path] + flag).end()
            let lines = ended.error.split(separator: "\n")
            #expect(ended.status == 65 && ended.output.isEmpty && lines.count == 4, "\(ended.error)")
            for (line, number) in zip(lines, [1, 2, 4]) { #expect(line.hasPrefix("\(path):\(number): "), "\(line)") }
            #expect(lines.last == "foretoken: error: 3 faults in the configuration")
        }
        let missing = try await RunningProcess(["serve", "draft", "--config", "/nowhere/f.yaml"]).end()
        #expect(missing.status == 66 && missing.error.contains("/nowhere/f.yaml"), "\(missing.error)")
        // Help is given whatever the file holds.
        let help = try await RunningProcess(["serve", "draft", "--config", path, "--help"]).end()
        #expect(help.status == 0 && help.output.contains("--check-config"), "\(help.error)")
    }

    @Test func filesThatAreNamedAreLookedAt() async throws {
        let folder = try TemporaryFolder()
        let empty = try folder.write("# no key\n", to: "empty")
        let file = """
            model: \(folder.path)
            draft: \(folder.path)/nothing.gguf
            http: 127.0.0.1:0
            api-key-file: \(empty)
            keys: \(folder.path)/keys
            """
        let path = try folder.write("all:\n  \(file.replacing("\n", with: "\n  "))\n", to: "f.yaml")
        let checked = try await self.check("all", path)
        let lines = checked.error.split(separator: "\n")
        #expect(checked.status == 65 && lines.count == 5, "\(checked.error)")
        func line(_ number: Int) -> Substring { lines.first { $0.hasPrefix("\(path):\(number): ") } ?? "" }
        #expect(line(2).contains("model: \(folder.path) is a directory"))
        #expect(line(3).contains("draft: there is nothing at"))
        #expect(line(5).contains("api-key-file: ") && line(5).contains("no key"))
        #expect(line(6).contains("keys: there is nothing at"))
        // Keys of another role do not do.
        let made = try await RunningProcess(["keygen", "\(folder.path)/keys"]).end()
        #expect(made.status == 0, "\(made.error)")
        let good = try folder.write("keys: \(folder.path)/keys\n", to: "g.yaml")
        #expect(try await self.check("draft", good).status == 0)
        try FileManager.default.removeItem(atPath: "\(folder.path)/keys/draft.key")
        let wrong = try await self.check("draft", good)
        #expect(wrong.status == 65 && wrong.error.hasPrefix("\(good):1: keys: "), "\(wrong.error)")
    }

    @Test func aHangupTakesUpKeysAndLimits() async throws {
        let folder = try TemporaryFolder()
        let keys = try folder.write("first\nsecond\n", to: "api-keys")
        func configuration(_ more: String) throws -> String {
            try folder.write("all:\n  api-key-file: \(keys)\n  threads: 1\n  \(more)\n", to: "f.yaml")
        }
        let path = try configuration("rate-limit: 10000")
        let service = try await Service.all(["--config", path])
        let http = try #require(service.http)
        let models = "\(http)/v1/models"
        #expect(try await self.status(models, key: "first") == 200)
        #expect(try await self.status(models, key: "second") == 200)

        func hangUp(_ times: Int, _ message: String) async throws -> String {
            service.process.signal(SIGHUP)
            return try await service.process.wait(for: message) {
                $0.error.components(separatedBy: message).count > times
            }.error
        }
        // One key is revoked, another comes.
        try folder.write("second\nthird\n", to: "api-keys")
        _ = try await hangUp(1, "Configuration read again")
        #expect(try await self.status(models, key: "first") == 401)
        #expect(try await self.status(models, key: "second") == 200)
        #expect(try await self.status(models, key: "third") == 200)

        // A limit changes, and what needs a restart is named.
        _ = try configuration("rate-limit: 1\n  context: 256")
        let changed = try await hangUp(2, "Configuration read again")
        #expect(changed.contains("option=rate-limit value=1") && changed.contains("next start"), "\(changed)")
        #expect(changed.contains("option=context value=256"), "\(changed)")
        func complete() async throws -> RunningProcess.Snapshot {
            let curl = ["curl", "-s", "--max-time", "90", "-H", "Authorization: Bearer second"]
            let body = ["-d", #"{"prompt": "a", "max_tokens": 1}"#, "\(http)/v1/completions"]
            return try await RunningProcess(curl + body, executable: "/usr/bin/env").end()
        }
        #expect(try await complete().output.contains("choices"))
        #expect(try await complete().output.contains("more than 1 requests a minute"))

        // Faults change nothing, and all of them are told.
        _ = try configuration("rate-limit: none\n  contxt: 1")
        try folder.write("fourth\n", to: "api-keys")
        let refused = try await hangUp(2, "is not taken up")
        #expect(refused.contains("\(path):4: rate-limit: ") && refused.contains("\(path):5: contxt: "), "\(refused)")
        #expect(try await self.status(models, key: "fourth") == 401)
        #expect(try await self.status(models, key: "third") == 200)
        // So does a file of keys that has none.
        _ = try configuration("rate-limit: 1000")
        try folder.write("\n", to: "api-keys")
        _ = try await hangUp(3, "is not taken up")
        #expect(try await self.status(models, key: "third") == 200)

        service.process.signal(SIGTERM)
        #expect(try await service.process.end().status == 0)
    }

    /// A service that was started in a terminal does not outlive it, as it would if it only read its configuration again.
    @Test func aTerminalThatIsClosedEndsTheService() async throws {
        let script = """
            import os, pty, sys
            child, terminal = pty.fork()
            if child == 0:
                os.execv(sys.argv[1], sys.argv[1:])
            told = b""
            while b'"service"' not in told:
                told += os.read(terminal, 4096)
            os.kill(child, 1)
            while b"Configuration read again" not in told:
                told += os.read(terminal, 4096)
            os.close(terminal)
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
            """
        let serve = [RunningProcess.executable, "serve", "draft", "--listen", Service.anyPort]
        let ended = try await RunningProcess(["python3", "-c", script] + serve, executable: "/usr/bin/env").end()
        #expect(ended.output == "0\n", "\(ended.error)")
    }

    /// As under `nohup`: SIGHUP was ignored when the service was started.
    @Test func aServiceOutlivesItsTerminalWhereThatWasAskedFor() async throws {
        let script = """
            import os, pty, select, signal, sys
            log, told_log = os.pipe()
            child, terminal = pty.fork()
            if child == 0:
                signal.signal(signal.SIGHUP, signal.SIG_IGN)
                os.dup2(told_log, 2)
                os.execv(sys.argv[1], sys.argv[1:])
            os.close(told_log)
            told = b""
            while b'"service"' not in told:
                told += os.read(terminal, 4096)
            os.close(terminal)
            os.kill(child, signal.SIGHUP)
            told = b""
            while b"Configuration read again" not in told:
                assert select.select([log], [], [], 90)[0], "not a word"
                more = os.read(log, 4096)
                assert more, "it has ended"
                told += more
            os.kill(child, signal.SIGTERM)
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
            """
        let serve = [RunningProcess.executable, "serve", "draft", "--listen", Service.anyPort]
        let ended = try await RunningProcess(["python3", "-c", script] + serve, executable: "/usr/bin/env").end()
        #expect(ended.output == "0\n", "\(ended.error)")
    }

    /// Files that are named in the configuration are looked into before anything starts, and all that is wrong is told.
    @Test func filesThatAreMissingAreToldAtOnceWithTheirLines() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("target:\n  model: /nowhere/model.gguf\n  keys: /nowhere/keys\n", to: "f.yaml")
        let ended = try await foretoken("serve", "target", "--config", path)
        #expect(ended.status == 65, "\(ended.error)")
        #expect(
            ended.error.contains("\(path):2: model: ") && ended.error.contains("\(path):3: keys: "), "\(ended.error)")
    }

    @Test func aHangupTakesUpListedMembers() async throws {
        let folder = try TemporaryFolder()
        let (first, second) = (try await Service.target(), try await Service.target())
        func list(_ targets: [Service]) throws -> String {
            let addresses = targets.map(\.address).joined(separator: ", ")
            return try folder.write("coordinator:\n  target: [\(addresses)]\n", to: "f.yaml")
        }
        let path = try list([first])
        let coordinator = try await Service(["coordinator", "--listen", Service.anyPort, "--config", path])
        func isServed() async throws {
            let text = try await foretoken(
                "generate", "--connect", coordinator.address, "--max-tokens", "4", "import Foundation")
            #expect(text.status == 0 && !text.output.isEmpty, "\(text.error)")
        }
        try await isServed()
        _ = try list([second])
        coordinator.process.signal(SIGHUP)
        let changed = try await coordinator.process.wait(for: "change") { $0.error.contains("option=target") }
        #expect(changed.error.contains("Option changed"))
        first.process.signal(SIGTERM)
        #expect(try await first.process.end().status == 0)
        try await isServed()
        let members = try await foretoken("describe", "--connect", coordinator.address)
        #expect(members.output.contains(second.address) && !members.output.contains(first.address))
        // What is no address changes nothing.
        try folder.write("coordinator:\n  target: [tcp://nonsense, \(second.address)]\n", to: "f.yaml")
        coordinator.process.signal(SIGHUP)
        let refused = try await coordinator.process.wait(for: "refusal") { $0.error.contains("is not taken up") }
        #expect(refused.error.contains("tcp://nonsense"))
        try await isServed()
    }
}
