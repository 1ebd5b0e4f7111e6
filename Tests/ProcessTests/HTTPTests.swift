import Foundation
import TestSupport
import Testing

/// HTTP as others use it: OpenAI's own client, curl as the README prints it, and a browser.
@Suite(.oneAtATime) struct HTTPTests {
    private static var root: URL {
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
    }

    /// Runs a program to its end, and expects that it ended well.
    ///
    /// - Returns: what it printed.
    private func run(_ program: String, _ arguments: [String], within seconds: Double = 300) async throws -> String {
        let ended = try await RunningProcess(arguments, executable: program).end(within: seconds)
        try #require(ended.status == 0, "\(program) \(arguments): \(ended.output)\n\(ended.error)")
        return ended.output
    }

    /// - Returns: a Python that has what the `requirements.txt` of a folder names.
    private func python(for folder: URL) async throws -> String { try await Python.program(for: folder) }

    @Test func theOpenAIClientWorksUnchanged() async throws {
        let folder = Self.root.appending(path: "Tests/OpenAIPython")
        let python = try await self.python(for: folder)
        let keys = try TemporaryFile(Data("a-key\n".utf8))
        let server = try await Service.all([
            "--api-key-file", keys.path, "--http-texts", "4", "--exact", "--model-name", "served,also/served",
            "--grace", "3600",
        ])
        let printed = try await self.run(
            python, ["-B", folder.appending(path: "check.py").path, try #require(server.http), "a-key"])
        #expect(printed.contains("all is well"))
        // Ctrl-C ends the server cleanly, though the client's connections may still be open.
        server.process.signal(SIGINT)
        #expect(try await server.process.end().status == 0)
        // Prompts are nowhere in its log.
        #expect(!server.process.snapshot.error.contains("fibonacci"))
    }

    @Test func curlWorksAsTheReadmePrintsIt() async throws {
        let commands = try Self.curlCommands(of: Self.root.appending(path: "deploy/guide/http.md"))
        try #require(commands.count >= 4)
        let server = try await Service.all()
        let http = try #require(server.http)
        // What curl reads before its arguments: the status is printed behind the answer.
        let settings = TemporaryFile.freePath()
        try FileManager.default.createDirectory(atPath: settings, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: settings) }
        try Data("write-out = \"\\nstatus %{http_code}\\n\"\n".utf8)
            .write(to: URL(filePath: settings).appending(path: ".curlrc"))
        for command in commands {
            #expect(command.contains("http://127.0.0.1:8080/"), "\(command)")
            let real = command.replacingOccurrences(of: "http://127.0.0.1:8080", with: http)
            let printed = try await self.run(
                "/usr/bin/env", ["CURL_HOME=\(settings)", "HOME=\(settings)", "KEY=any", "bash", "-c", real])
            #expect(printed.hasSuffix("\nstatus 200\n"), "\(command)\n\(printed)")
            let answer = String(printed.dropLast("\nstatus 200\n".count))
            if answer.hasPrefix("data: ") {
                #expect(answer.hasSuffix("data: [DONE]\n\n"), "\(command)\n\(answer)")
            } else if command.hasSuffix("/metrics") {
                // The texts of the commands before it are counted.
                #expect(answer.contains("\nforetoken_e2e_request_latency_seconds_count 3\n"), "\(answer)")
                #expect(answer.contains("\nforetoken_target_up{target="), "\(answer)")
            } else {
                let object = try JSONSerialization.jsonObject(with: Data(answer.utf8)) as? [String: Any]
                #expect(object?["error"] == nil && object?.isEmpty == false, "\(command)\n\(answer)")
            }
        }
    }

    /// Whether Chromium and its driver are there, under the names that Debian and Google give them.
    private static var hasBrowser: Bool {
        func has(_ program: String) -> Bool {
            (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
                .contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") }
        }
        return has("chromedriver") && (has("chromium") || has("google-chrome"))
    }

    @Test(.enabled(if: hasBrowser, "no Chromium with its driver here; deploy/bootstrap --tests installs it"))
    func aBrowserShowsTheLivePage() async throws {
        let folder = Self.root.appending(path: "Tests/PageBrowser")
        let python = try await self.python(for: folder)
        let keys = try TemporaryFile(Data("a-key\n".utf8))
        let target = try await Service.target("--exact")
        let draft = try await Service.draft()
        let coordinator = try await Service.coordinator(
            target: target, drafts: [draft.address],
            ["--http", "127.0.0.1:0", "--api-key-file", keys.path, "--grace", "3600"])
        // For whoever wants to look at them.
        let pictures = ProcessInfo.processInfo.environment["FORETOKEN_PICTURES"].map { [$0] } ?? []
        let script = folder.appending(path: "check.py").path
        let printed = try await self.run(
            python, ["-B", script, try #require(coordinator.http), "a-key", "\(draft.process.id)"] + pictures)
        #expect(printed.contains("all is well"))
        for service in [coordinator, target] {
            service.process.signal(SIGINT)
            #expect(try await service.process.end().status == 0)
        }
    }

    /// Those behind `$ ` in blocks of the console, with the lines that go on behind a backslash.
    private static func curlCommands(of file: URL) throws -> [String] {
        var commands: [String] = []
        var isOpen = false
        for line in try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n") {
            if line.hasPrefix("$ "), !line.hasPrefix("$ foretoken ") {
                commands.append(String(line.dropFirst(2)))
            } else if isOpen {
                commands[commands.count - 1] += "\n" + line
            } else {
                continue
            }
            isOpen = line.hasSuffix("\\")
        }
        return commands
    }
}
