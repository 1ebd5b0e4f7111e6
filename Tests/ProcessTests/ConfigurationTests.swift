import ArgumentParser
import CommandSupport
import Foundation
import TestSupport
import Testing

@testable import ForetokenCLI

/// Command line, environment and file, as values: what comes first, and what is wrong with them.
@Suite struct ConfigurationTests {
    static let services: [any ConfiguredService.Type] = [
        ServeTargetCommand.self, ServeDraftCommand.self, ServeCoordinatorCommand.self, ServeAllCommand.self,
    ]
    private static let named = Dictionary(uniqueKeysWithValues: Self.services.map { ($0._commandName, $0) })
    private static let configurable = Result { try ConfigurableServices(Self.services) }

    /// A configuration with a file of that text.
    private static func read(
        _ service: String, _ text: String, _ commandLine: [String] = [], _ environment: [String: String] = [:]
    ) throws -> Configuration {
        let file = try TemporaryFile(Data(text.utf8))
        let named = environment.merging(["FORETOKEN_CONFIG": file.path]) { $1 }
        return try Configuration(
            service, among: Self.configurable.get(), commandLine: commandLine, environment: named)
    }

    /// All faults, each without the file's folder and name: `12: slots: …`.
    private static func faults(
        _ service: String, _ text: String, _ commandLine: [String] = [], _ environment: [String: String] = [:]
    ) throws -> [String] {
        do {
            _ = try Self.read(service, text, commandLine, environment)
            return []
        } catch let error as ConfigurationFaults {
            return error.faults.map { fault in
                let text = fault.description
                return text.hasPrefix("/") ? String(text[text.firstIndex(of: ":")!...].dropFirst()) : text
            }
        }
    }

    // MARK: Every option

    /// What the command would be, as text.
    private static func parsed(_ service: String, _ arguments: [String]) throws -> String {
        String(describing: try Self.named[service]!.parseAsRoot(arguments))
    }

    private static func options(of service: String) throws -> [CommandOption] {
        let options = try #require(try Self.configurable.get().options[service]).filter(\.isConfigurable)
        try #require(options.count > 5)
        return options
    }

    /// Values that an enumeration has, by option.
    private static func choices(of service: String) throws -> [String: [String]] {
        let told = try JSONSerialization.jsonObject(with: Data(Self.named[service]!._dumpHelp().utf8))
        let command = (told as? [String: Any])?["command"] as? [String: Any]
        let arguments = try #require(command?["arguments"] as? [[String: Any]])
        let pairs = arguments.compactMap { argument -> (String, [String])? in
            guard let names = argument["names"] as? [[String: String]], let values = argument["allValues"] as? [String],
                let name = names.compactMap({ $0["name"] }).first
            else { return nil }
            return (name, values)
        }
        return Dictionary(pairs) { one, _ in one }
    }

    /// Values that differ from level to level, as they are written on a command line and in a file.
    private static func values(of option: CommandOption, choices: [String]?, level: Int) -> [String] {
        func one(_ number: Int) -> String {
            if let choices { return choices[number % choices.count] }
            return switch option.valueName {
            case "address": "tcp://127.0.0.1:\(7100 + number)"
            case "host:port": "127.0.0.1:\(8100 + number)"
            case "file", "directory": "/nowhere/\(number)"
            case "name": "name-\(number)"
            case "origin": "https://site\(number).example"
            default: "\(number + 1)"
            }
        }
        return switch option.kind {
        case .flag: [level % 2 == 0 ? "true" : "false"]
        case .value: [one(level)]
        case .list: [one(2 * level), one(2 * level + 1)]
        }
    }

    private static func written(_ option: CommandOption, _ values: [String]) -> [String] {
        switch option.kind {
        case .value, .list: values.flatMap { ["--\(option.name)", $0] }
        case .flag(let hasInverse):
            values == ["true"] ? ["--\(option.name)"] : hasInverse ? ["--no-\(option.name)"] : []
        }
    }

    /// The file's top level, its section, the environment, the command line: each yields to the next, for every option of
    /// every service, and says what the command line would.
    @Test(arguments: Self.services.map { $0._commandName })
    func eachLevelYieldsToTheNext(service: String) throws {
        let choices = try Self.choices(of: service)
        for option in try Self.options(of: service) {
            let needsHTTP = option.name != "http" && HTTPOptions.options.contains(option.name)
            let needed = needsHTTP ? ["--http", "127.0.0.1:1"] : []
            let values = (0..<4).map { Self.values(of: option, choices: choices[option.name], level: $0) }
            func line(_ level: Int) -> String { "\(option.name): \(JSON.array(values[level].map(JSON.string)).text)" }
            // One value needs no list.
            func text(_ level: Int) -> String {
                option.kind == .list ? line(level) : "\(option.name): \"\(values[level][0])\""
            }
            let plain = try Self.parsed(service, needed)
            var seen: Set = [plain]
            for top in 0..<4 {
                let levels = 0...top
                if option.variable == "FORETOKEN_KEYS", top == 2 { continue }
                // A flag that has no other half cannot be taken back on a command line.
                if case .flag(hasInverse: false) = option.kind, top == 3 { continue }
                let file = text(0) + "\n" + (levels.contains(1) ? "\(service):\n  \(text(1))\n" : "")
                let isInEnvironment = levels.contains(2) && option.variable != "FORETOKEN_KEYS"
                let environment = isInEnvironment ? [option.variable: values[2].joined(separator: ",")] : [:]
                let commandLine = needed + (levels.contains(3) ? Self.written(option, values[3]) : [])
                let configuration = try Self.read(service, file, commandLine, environment)
                let expected = try Self.parsed(service, needed + Self.written(option, values[top]))
                #expect(
                    try Self.parsed(service, configuration.arguments) == expected,
                    "\(option.name), \(top): \(configuration.arguments)")
                #expect(configuration.values[option.name] == values[top], "\(option.name), \(top)")
                seen.insert(expected)
            }
            #expect(seen.count > 1, "\(option.name) changes nothing that is seen here")
        }
    }

    @Test func theTopLevelIsForWhoeverHasTheOption() throws {
        let file = "slots: 3\nrate-limit: 60\nhttp: 127.0.0.1:8080\ntarget:\n  slots: 4\n"
        #expect(try Self.read("target", file).values == ["slots": ["4"]])
        #expect(try Self.read("draft", file).values == ["slots": ["3"]])
        #expect(try Self.read("coordinator", file).values == ["rate-limit": ["60"], "http": ["127.0.0.1:8080"]])
        #expect(try Self.read("all", file).values.keys.sorted() == ["http", "rate-limit", "slots"])
        // A section may have an option's name: one is a mapping, the other is not.
        let lists = "draft: [tcp://a:1, tcp://b:1]\ntarget:\n  slots: 2\n"
        #expect(try Self.read("coordinator", lists).values == ["draft": ["tcp://a:1", "tcp://b:1"]])
        #expect(try Self.faults("all", lists) == [], "it is not for this service, which has no list there")
        #expect(try Self.read("draft", "# nothing\ndraft:\n").values == [:])
        #expect(try Self.read("draft", "").values == [:])
        #expect(try Self.read("draft", #"{"draft": {"threads": 2}}"#).values == ["threads": ["2"]])
    }

    @Test func whatTheEnvironmentSays() throws {
        func values(_ environment: [String: String], _ commandLine: [String] = []) throws -> [String: [String]] {
            try Self.read("coordinator", "keys: from-file\n", commandLine, environment).values
        }
        #expect(try values(["FORETOKEN_TARGET": "tcp://a:1, tcp://b:1"])["target"] == ["tcp://a:1", "tcp://b:1"])
        #expect(try values(["FORETOKEN_LISTEN": ""])["listen"] == nil, "an empty variable says nothing")
        let keys = try Self.read("coordinator", "keys: from-file\n", [], ["FORETOKEN_KEYS": "from-environment"])
        #expect(keys.values["keys"] == ["from-environment"] && keys.arguments == [])
        #expect(try Self.read("coordinator", "", ["--insecure"], ["FORETOKEN_KEYS": "keys"]).values["keys"] == nil)
        #expect(
            try Self.faults("draft", "", [], ["FORETOKEN_SLOTS": "many", "FORETOKEN_INSECURE": "perhaps"]) == [
                "FORETOKEN_INSECURE: is true or false, not \"perhaps\"",
                "FORETOKEN_SLOTS: The value 'many' is invalid for '--slots <n>'",
            ])
    }

    @Test func misspelledVariablesAreToldAndOthersAreNot() throws {
        func told(_ variables: String...) throws -> [String] {
            try Self.configurable.get().misspelled(variables)
        }
        #expect(try told("FORETOKEN_LISTN").first?.contains("FORETOKEN_LISTEN?") == true)
        #expect(try told("FORETOKEN_KEY", "PATH", "LISTEN").count == 1)
        #expect(try told("FORETOKEN_LISTEN", "FORETOKEN_CONFIG", "FORETOKEN_KEYS", "FORETOKEN_FUZZ_SEED") == [])
        #expect(try told("FORETOKEN_CHECK_CONFIG").first?.contains("command line alone") == true)
        // What Kubernetes sets for services that are called so; and no option is.
        let suffixes = ["PORT", "SERVICE_HOST", "SERVICE_PORT", "PORT_7000_TCP", "PORT_7000_TCP_ADDR"]
        for name in ["", "COORDINATOR_", "TARGET_", "DRAFT_"] {
            for suffix in suffixes { #expect(try told("FORETOKEN_\(name)\(suffix)") == []) }
        }
        for service in Self.named.keys {
            for option in try Self.options(of: service) {
                #expect(!suffixes.contains { option.variable.hasSuffix("_\($0)") }, "\(option.variable)")
            }
        }
    }

    // MARK: Faults

    @Test func fiveFaultsAreToldAtOnceByTheirLines() throws {
        let file = """
            log-level: loud
            target:
              lissten: tcp://127.0.0.1:1
              slots: 0
              threads: [1, 2]
              context: 512
            coordinator:
              target:
                - tcp://a:1
              slots: 3
            """
        let faults = try Self.faults("target", file)
        try #require(faults.count == 5, "\(faults)")
        #expect(faults[0].hasPrefix("1: log-level: The value 'loud' is invalid"))
        #expect(faults[1] == "3: lissten: is not an option of serve target; did you mean listen?")
        #expect(faults[2] == "4: slots: --slots 0 is not from 1 to 2147483647")
        #expect(faults[3] == "5: threads: takes one value, and has a list here")
        #expect(faults[4] == "10: slots: is not an option of serve coordinator")
        // Those of values are told to whom they concern.
        #expect(try Self.faults("draft", file).count == 4)
    }

    @Test func faultsOfOneKindEach() throws {
        func only(_ service: String, _ file: String, location: SourceLocation = #_sourceLocation) throws -> String {
            let faults = try Self.faults(service, file)
            #expect(faults.count == 1, "\(faults)", sourceLocation: location)
            return faults.first ?? ""
        }
        #expect(try only("all", "servers:\n  a: 1\n").hasPrefix("1: servers: there is no service of this name"))
        #expect(try only("all", "\ntargt:\n  slots: 1\n").hasSuffix("did you mean target?"))
        #expect(try only("draft", "a-b-c: 1\n") == "1: a-b-c: is not an option of any service")
        #expect(try only("draft", "draft:\n  slots:\n").hasPrefix("2: slots: has no value"))
        #expect(try only("draft", "slots: ~\n").hasPrefix("1: slots: has no value"))
        #expect(try only("draft", "draft:\n  slots:\n    a: 1\n").hasPrefix("2: slots: takes a value"))
        #expect(try only("draft", "coordinator: [[a]]\n").hasPrefix("1: coordinator: each value"))
        #expect(try only("draft", "? [a]\n: b\n").hasPrefix("1: this is not an option's name"))
        #expect(try only("draft", "- slots\n").hasPrefix("1: these are not options"))
        #expect(try only("draft", "insecure: maybe\n") == "1: insecure: is true or false, not \"maybe\"")
        #expect(try only("target", "exact:\n  - true\n") == "1: exact: takes one value, and has a list here")
        #expect(try only("draft", "slots: 2\n\nslots: 3\n") == "1: slots: stands more than once; keep one")
        #expect(try only("draft", "slots: &a 2\n").hasPrefix("1:8: an & before a name begins an anchor"))
        #expect(try only("draft", "slots: [1\nthreads: 2\n").contains("this is not YAML"))
        #expect(try only("draft", "slots: *a\n").contains("alias"))
        #expect(try only("draft", "slots: 1\n--- \nslots: 2\n").hasPrefix("2:1: this is not YAML"))
        #expect(try only("draft", "slots: \"\u{1}\"\n").hasPrefix("1: this is not YAML"))
        let long = "coordinator: [\(Array(repeating: "a", count: 1025).joined(separator: ", "))]\n"
        #expect(try only("draft", long) == "1: coordinator: has more than 1024 values")
        // An & is text where no name is behind it, or a word before it.
        let names = "http: 127.0.0.1:1\nmodel-name: [\"Q & A\", a&b]\n"
        #expect(try Self.read("coordinator", names).values["model-name"] == ["Q & A", "a&b"])
    }

    @Test func aKeyThatStandsTwiceHidesNoOtherFault() throws {
        let file = "slots: 1\n\"slots\": 2\ndraft: {threads: 0, threads: 2, threads: x}\nslotz: 3\n"
        let faults = try Self.faults("draft", file)
        try #require(faults.count == 5, "\(faults)")
        #expect(faults[0] == "1: slots: stands more than once; keep one")
        #expect(faults[1].hasPrefix("3: threads: The value 'x' is invalid"))
        #expect(faults[2] == faults[3] && faults[2] == "3: threads: stands more than once; keep one")
        #expect(faults[4].hasPrefix("4: slotz: is not an option of any service; did you mean slots?"))
    }

    @Test func whatNeedsSomethingElseIsTakenWithIt() throws {
        let file = "coordinator:\n  api-key-file: keys.txt\n  rate-limit: 60\n  model-name: a,b\n"
        #expect(try Self.faults("coordinator", file, ["--http", "127.0.0.1:8080"]) == [])
        #expect(try Self.faults("coordinator", file + "  http: 127.0.0.1:8080\n") == [])
        #expect(
            try Self.faults("coordinator", file) == [
                "2: api-key-file: --api-key-file needs --http", "3: rate-limit: --rate-limit needs --http",
                "4: model-name: --model-name needs --http",
            ])
        // The command line may need the file, too.
        let more = ["--api-key-file", "keys.txt"]
        #expect(try Self.faults("coordinator", "http: 127.0.0.1:8080\n", more) == [])
        #expect(try Self.faults("draft", "keys: keys\ninsecure: true\n").count == 1)
        let both = try Self.faults("draft", "keys: keys\n", ["--insecure"])
        #expect(both == ["1: keys: --keys and --insecure exclude each other"])
        // What is wrong with the command line alone is told as ever.
        #expect(try Self.faults("draft", "threads: 2\n", ["--slots", "x"]) == [])
        #expect(try Self.faults("draft", "threads: x\n", ["--slots", "x"]).count == 2)
    }

    @Test func inAListTheLineOfTheValueIsTold() throws {
        let file = "coordinator:\n  http: 127.0.0.1:1\n  http-allow-origin:\n    - https://a.example\n    - nonsense\n"
        #expect(
            try Self.faults("coordinator", file).map { $0.prefix(21) } == ["5: http-allow-origin:"])
    }

    @Test func theFileItself() throws {
        func status(_ path: String) -> CommandSupport.ExitStatus? {
            do {
                _ = try Configuration(
                    "draft", among: Self.configurable.get(), commandLine: ["--config", path], environment: [:])
                return nil
            } catch let error as CommandError {
                return error.message.contains(path) ? error.status : nil
            } catch {
                return nil
            }
        }
        #expect(status("/nowhere/foretoken.yaml") == .missingFile)
        #expect(status("/tmp") == .missingFile)
        #expect(status("/dev/zero") == .badData)
        #expect(try Self.faults("draft", "a: \u{f8ff}").count == 1)
        let file = try TemporaryFile(Data([0x61, 0x3a, 0x20, 0xff]))
        let fault = #expect(throws: ConfigurationFaults.self) {
            try Configuration(
                "draft", among: Self.configurable.get(), commandLine: ["--config=\(file.path)"], environment: [:])
        }
        #expect(fault?.faults.first?.description.contains("UTF-8") == true)
    }

    @Test func faultsAreShortLines() throws {
        let (key, value) = (String(repeating: "ab\\n", count: 200), String(repeating: "ab\\n", count: 10_000))
        let faults = try Self.faults("draft", "\"\(key)\": 1\nslots: \"\(value)\"\n")
        #expect(faults.count == 2)
        for fault in faults { #expect(fault.utf8.count < 600 && !fault.contains(where: \.isNewline)) }
    }

    // MARK: What is printed

    /// The deployment of the guide is a configuration of every service.
    @Test func theGuidesExampleIsRead() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: root.appending(path: "deploy/guide/configuration.md"), encoding: .utf8)
        let example = try #require(page.firstMatch(of: #/```yaml\n((?s).*?)```/#)?.1)
        for service in Self.named.keys.sorted() {
            #expect(try Self.faults(service, String(example)) == [], "\(service)")
            #expect(try Self.read(service, String(example)).settings.count > 1, "\(service)")
        }
        for service in ["target", "draft", "coordinator"] { #expect(example.contains("\n\(service):\n")) }
    }

    @Test func changesAreLiveOrNot() {
        let live: Set = ["rate-limit", "api-key-file"]
        let former = ["http": ["a"], "rate-limit": ["1"], "slots": ["2"], "listen": ["a"]]
        let values = ["http": ["a"], "rate-limit": ["3"], "listen": ["a"], "api-key-file": ["keys"]]
        #expect(
            Reload.changes(from: former, to: values, live: live) == [
                .init(option: "api-key-file", values: ["keys"], isLive: false),
                .init(option: "rate-limit", values: ["3"], isLive: true),
                .init(option: "slots", values: [], isLive: false),
            ])
        let keys = ["http": ["a"], "api-key-file": ["a"]]
        #expect(
            Reload.changes(from: keys, to: ["http": ["a"], "api-key-file": ["b"]], live: live).map(\.isLive) == [true])
        // Without a gateway there is nothing that could take them up; nor does one that is to move.
        for (before, after) in [(nil, ["a"]), (["a"], nil), (["a"], ["b"])] as [([String]?, [String]?)] {
            var (former, values) = (["rate-limit": ["1"]], ["rate-limit": ["2"]])
            (former["http"], values["http"]) = (before, after)
            #expect(Reload.changes(from: former, to: values, live: live).map(\.isLive) == [false, false])
        }
        #expect(Reload.changes(from: ["target": ["a"]], to: [:], live: ["target"]).map(\.isLive) == [true])
    }
}

extension HTTPOptions {
    /// Names of all of them.
    fileprivate static let options: Set = [
        "http", "api-key-file", "http-body-limit", "rate-limit", "http-texts", "model-name", "http-allow-origin",
    ]
}
