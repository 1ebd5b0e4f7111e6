import Foundation
import TestSupport
import Testing

/// A new user's way: the README's lines for two machines, as printed, in network namespaces with these addresses.
@Suite(.oneAtATime, .enabled(if: OwnNamespaces.arePossible, OwnNamespaces.reason))
struct TwoMachinesTests {
    @Test func theLinesOfTheReadmeServeEncrypted() async throws {
        let lines = try Self.lines()
        #expect(lines.count <= 10, "\(lines)")
        let machines = try Machines()
        try machines.write(#"{"prompt": "import Foundation"}"#, to: "my-prompts.jsonl", of: .user)
        let end = try await machines.run(lines.map { (Machine.of($0), $0) })
        #expect(end.status == 0, "\(end.output)\(end.error)")
        // What the texts came to: the draft took part, and the checker found every text to be the target's own.
        #expect(end.output.contains(#/fixed:4 .*[0-9] %/#), "\(end.output)\(end.error)")
        #expect(end.output.contains("every text is the target's own"), "\(end.output)\(end.error)")
        #expect(!(end.output + end.error).contains("warning"), "\(end.output)\(end.error)")
    }

    /// The commands of the section, without their `$`.
    private static func lines() throws -> [String] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
        let section = try #require(page.components(separatedBy: "\n## ").first { $0.hasPrefix("On two machines") })
        return section.split(separator: "\n").filter { $0.hasPrefix("$ ") }.map { String($0.dropFirst(2)) }
    }
}

private enum Machine: Int, CaseIterable {
    case target = 1
    case draft
    case user

    /// Where a line of the README is typed; `nil`: everywhere.
    static func of(_ line: String) -> Machine? {
        if line.hasPrefix("export ") { return nil }
        if line.contains(" serve draft ") { return .draft }
        return line.contains(" --connect ") ? .user : .target
    }
}

/// Three machines, 10.0.0.1 to 10.0.0.3, each a folder and a network namespace; all of it ends with the process that
/// runs in them.
private struct Machines {
    private let folder: TemporaryFolder

    init() throws {
        self.folder = try TemporaryFolder()
        let models = Bundle.main.bundleURL.appending(path: "foretoken_ForetokenModels.resources/Models")
        let files = try FileManager.default.contentsOfDirectory(at: models, includingPropertiesForKeys: nil)
        for machine in Machine.allCases {
            try FileManager.default.createDirectory(
                atPath: self.path(of: machine), withIntermediateDirectories: false)
        }
        for (machine, name, kind) in [(Machine.target, "large", "target"), (.draft, "small", "draft")] {
            let file = try #require(files.first { $0.lastPathComponent.contains("-\(kind)-") }, "\(files)")
            try FileManager.default.createSymbolicLink(
                atPath: "\(self.path(of: machine))/\(name).gguf", withDestinationPath: file.path)
        }
    }

    private func path(of machine: Machine) -> String { "\(self.folder.path)/10.0.0.\(machine.rawValue)" }

    func write(_ text: String, to name: String, of machine: Machine) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(self.path(of: machine))/\(name)"))
    }

    /// Types each line at its machine, one after the other; those that serve go on meanwhile.
    func run(_ lines: [(Machine?, String)]) async throws -> RunningProcess.Snapshot {
        try self.folder.write(self.script(lines), to: "script")
        let process = try OwnNamespaces.run([OwnNamespaces.program("bash")!, "\(self.folder.path)/script"])
        return try await process.end()
    }

    private func script(_ lines: [(Machine?, String)]) -> String {
        var script = """
            set -eu
            cd '\(self.folder.path)'
            mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns
            ip link add switch type bridge && ip link set switch up
            for i in 1 2 3; do
                ip netns add "machine$i"
                ip link add "port$i" type veth peer name eth0 netns "machine$i"
                ip link set "port$i" master switch up
                ip -n "machine$i" addr add "10.0.0.$i/24" dev eth0
                ip -n "machine$i" link set eth0 up
                ip -n "machine$i" link set lo up
                : > "settings$i"
            done
            mkdir bin && ln -s '\(RunningProcess.executable)' bin/foretoken
            # Between the machines files are copied by folder.
            printf '#!/bin/bash\\ncd "%s/$1"; shift; exec "$@"\\n' "$PWD" > bin/ssh
            printf '#!/bin/bash\\nto=${!#}; exec cp "${@:1:$#-1}" "%s/${to/://}"\\n' "$PWD" > bin/scp
            chmod +x bin/*
            export PATH=$PWD/bin:$PATH
            all=$PWD
            type() {  # MACHINE LINE
                cd "$all/10.0.0.$1"
                ip netns exec "machine$1" bash -c ". '$all/settings$1'; $2"
            }
            serve() {  # MACHINE LINE WHAT-IT-SAYS-WHEN-IT-SERVES
                (type "$1" "$2" 2>&1 | tee "$all/log" >&2) &
                until grep -q "$3" "$all/log" 2>/dev/null; do sleep 0.1; done
                rm "$all/log"
            }

            """
        for (machine, line) in lines {
            let quoted = "'" + line.replacing("'", with: "'\\''") + "'"
            if let machine {
                if line.contains(" serve ") {
                    let sign = machine == .draft ? "Target reached" : "\"service\""
                    script += "serve \(machine.rawValue) \(quoted) '\(sign)'\n"
                } else {
                    script += "type \(machine.rawValue) \(quoted)\n"
                }
                if line.contains("keygen") {
                    script += "(cd \"$all/10.0.0.1/keys\" && mkdir -m 700 ../../10.0.0.3/keys"
                    script += " && cp -p members client.key ../../10.0.0.3/keys/)\n"
                }
            } else {
                for machine in Machine.allCases { script += "echo \(quoted) >> \"$all/settings\(machine.rawValue)\"\n" }
            }
        }
        return script
    }
}
