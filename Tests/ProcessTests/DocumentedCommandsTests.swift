import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import BenchCLI
@testable import ForetokenCLI

/// What the pages and `--help` print can be typed, and every command runs.
@Suite(.oneAtATime) struct DocumentedCommandsTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    // MARK: What is printed

    private static let programs: [String: any ParsableCommand.Type] = [
        "foretoken": ForetokenCommand.self, "foretoken-bench": ForetokenBenchCommand.self,
    ]

    /// Every command of both programs, with the names that lead to it.
    private static let everyCommand = Self.programs.sorted { $0.key < $1.key }.flatMap { Self.tree($0.value, [$0.key]) }

    /// A command and all below it, with their names.
    private static func tree(
        _ command: any ParsableCommand.Type, _ names: [String] = []
    ) -> [(names: [String], command: any ParsableCommand.Type)] {
        [(names, command)]
            + command.configuration.subcommands.flatMap { self.tree($0, names + [$0._commandName]) }
    }

    /// Commands of a text, beginning with the program's name; lines are joined where one ends with a backslash.
    static func commands(in text: String) -> [[String]] {
        var commands: [[String]] = []
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
        while var line = lines.popFirst().map(String.init) {
            guard
                let begin = line.firstRange(
                    of: #/^[ $]*(?:git diff \| |swift run -c release )?(?=foretoken(-bench)? )/#)
            else {
                continue
            }
            while line.hasSuffix("\\"), let next = lines.popFirst() { line = String(line.dropLast()) + String(next) }
            commands.append(self.words(line[begin.upperBound...]))
        }
        return commands
    }

    /// Words as a shell would split them, up to where another command begins.
    private static func words(_ line: Substring) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        for character in line {
            switch (quote, character) {
            case (let open?, _) where open == character: quote = nil
            case (.some, _): word = (word ?? "") + String(character)
            case (nil, "\""), (nil, "'"):
                quote = character
                if word == "$" { word = "" }
                word = word ?? ""
            case (nil, " "):
                if let whole = word { words.append(whole) }
                word = nil
            case (nil, "|"), (nil, ">"), (nil, ";"), (nil, "&"), (nil, "#"):
                if let whole = word { words.append(whole) }
                return words
            default: word = (word ?? "") + String(character)
            }
        }
        return words + (word.map { [$0] } ?? [])
    }

    @Test func everyPrintedCommandIsUnderstood() throws {
        var printed: [(place: String, command: [String])] = []
        for page in [
            "README.md", "deploy/bench/README.md", "deploy/compare/README.md", "deploy/guide/http.md",
            "deploy/guide/loadtest.md", "deploy/guide/chaos.md", "deploy/guide/security.md", "deploy/guide/fleet.md",
            "deploy/guide/configuration.md", "deploy/guide/doctor.md", "deploy/guide/large.md",
            "deploy/guide/traces.md",
            "deploy/kubernetes/README.md",
        ] {
            let text = try String(contentsOf: Self.root.appending(path: page), encoding: .utf8)
            let commands = Self.commands(in: text)
            #expect(!commands.isEmpty, "\(page)")
            printed += commands.map { (page, $0) }
        }
        for (names, command) in Self.everyCommand {
            let commands = Self.commands(in: command.configuration.discussion)
            printed += commands.map { ("--help of \(names.joined(separator: " "))", $0) }
        }
        #expect(printed.count > 70)
        for (place, command) in printed {
            let program = try #require(Self.programs[command[0]], "\(place)")
            #expect(throws: Never.self, "\(place): \(command.joined(separator: " "))") {
                _ = try program.parseAsRoot(Array(command.dropFirst()))
            }
        }
    }

    @Test func commandsAreSplitAsAShellDoes() {
        let text = """
            $ foretoken generate --stop $'\\n' "a b" 'c' \\
                  --json > out.txt
              git diff | foretoken generate - --json
              foretoken-bench costs
            what foretoken does
            """
        #expect(
            Self.commands(in: text) == [
                ["foretoken", "generate", "--stop", "\\n", "a b", "c", "--json"],
                ["foretoken", "generate", "-", "--json"], ["foretoken-bench", "costs"],
            ])
    }

    // MARK: What runs

    /// Commands that tests of their own run, with the file of these tests.
    private static let elsewhere = [
        "foretoken generate": "GenerateTests", "foretoken serve target": "Served", "foretoken serve draft": "Served",
        "foretoken serve coordinator": "Served", "foretoken serve all": "Served",
        "foretoken doctor": "DoctorTests", "foretoken keygen": "KeysTests", "foretoken loadtest": "LoadTestTests",
        "foretoken quantize": "QuantizeTests",
        "foretoken-bench record": "BenchFilesTests", "foretoken-bench costs": "BenchFilesTests",
        "foretoken-bench live": "BenchLiveTests", "foretoken-bench load": "BenchLoadTests",
        "foretoken-bench simulate": "BenchFilesTests", "foretoken-bench train classifier": "TrainTests",
        "foretoken-bench link": "LinkTests", "foretoken-bench chaos": "ChaosCommandTests",
    ]

    /// The others at their smallest, and what they say then. `@` is a coordinator's address, `%` a free path, `#` a file of
    /// prompts.
    private static let here: [String: (arguments: [String], words: [String])] = [
        "foretoken describe": (["--connect", "@"], ["foretoken-reference"]),
        "foretoken check": (
            ["--connect", "@", "--prompts", "#", "--rules", "fixed:2", "--seeds", "1", "--max-tokens", "4"],
            ["fixed:2"]
        ),
        "foretoken-bench protocol": (
            ["--rounds", "100"],
            [
                "100 round trips each", "bare libzmq ping-pong", "block to verdict", "encrypted", "ratio of medians",
                "encryption costs",
            ]
        ),
        "foretoken-bench widen": (["--width", "512", "--layers", "6", "--type", "f16", "--output", "%"], ["%"]),
    ]

    @Test func everyCommandIsRunBySomeTest() throws {
        let leaves = Self.everyCommand.filter { $0.command.configuration.subcommands.isEmpty }.map(\.names)
        #expect(leaves.count > 15)
        for names in leaves {
            let name = names.joined(separator: " ")
            if Self.here[name] != nil { continue }
            let file = try #require(Self.elsewhere[name], "nothing runs \(name)")
            let path = "Tests/ProcessTests/\(file).swift"
            let text = try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
            #expect(names.dropFirst().allSatisfy { text.contains("\"\($0)\"") }, "\(path) does not run \(name)")
        }
    }

    @Test(arguments: Self.here.keys.sorted())
    func runs(_ name: String) async throws {
        let (arguments, words) = try #require(Self.here[name])
        let service = arguments.contains("@") ? try await Service.all(["--threads", "1"]) : nil
        let prompts = try TemporaryFile(Data(#"{"prompt": "import Foundation"}"#.utf8))
        let path = TemporaryFile.freePath()
        defer { try? FileManager.default.removeItem(atPath: path) }
        func filled(_ word: String) -> String {
            switch word {
            case "@": service?.address ?? ""
            case "#": prompts.path
            case "%": path
            default: word
            }
        }
        let line = name.split(separator: " ").map(String.init) + arguments.map(filled)
        let isBench = line[0] == "foretoken-bench"
        let command = Array(line.dropFirst())
        let ended = try await (isBench ? RunningProcess(bench: command) : RunningProcess(command)).end()
        #expect(ended.status == 0, "\(ended.error)")
        for word in words {
            #expect((ended.output + ended.error).contains(filled(word)), "\(ended.output)\(ended.error)")
        }
    }
}
