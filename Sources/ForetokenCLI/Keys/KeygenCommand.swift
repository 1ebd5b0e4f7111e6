import ArgumentParser
import CommandSupport
import ForetokenLinks
import ForetokenWire

struct KeygenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keygen",
        abstract: "Make the keys of a deployment, and add and revoke single ones.",
        discussion: """
            Makes a directory with a secret key for each role (NAME.key, one line, readable by you alone) and the file \
            members, which lists all public keys and is the same on every machine. Each service and each client needs \
            its own .key file and members, in a directory that --keys or FORETOKEN_KEYS names.

            Running services look at members once a second: copy the changed file to the machines under another name \
            and move it over the old one, and within a few seconds a key that was added may come in, and one that was \
            revoked is out, without a restart.

            EXAMPLES:
              foretoken keygen keys
              foretoken keygen keys --add draft --name edge-7
              foretoken keygen keys --revoke edge-7
            """)

    @Argument(help: "The directory.")
    var directory = "keys"

    @Option(
        help: .init("Make one more key, of this role: coordinator, target, draft or client.", valueName: "role"),
        transform: { text in
            guard let role = Role(rawValue: text) else {
                throw ValidationError(
                    "--add \(text): the roles are \(Role.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            return role
        })
    var add: Role?

    @Option(help: .init("Its name. (default: the role's)", valueName: "name"))
    var name: String?

    @Option(help: .init("Take the key of this name off the list.", valueName: "name"))
    var revoke: String?

    func validate() throws {
        if self.directory.isEmpty { throw ValidationError("the directory's name is empty") }
        if self.add != nil, self.revoke != nil { throw ValidationError("--add and --revoke exclude each other") }
        if self.name != nil, self.add == nil { throw ValidationError("--name goes with --add") }
    }

    func run() async throws {
        let directory = KeysDirectory(self.directory)
        do throws(KeysError) {
            if let role = self.add {
                let made = try directory.add(role, name: self.name ?? role.rawValue)
                Console.write(self.added(made))
            } else if let name = self.revoke {
                let revoked = try directory.revoke(name)
                Console.write(self.revoked(revoked))
            } else {
                let made = try directory.make()
                Console.write(self.made(made))
            }
        } catch {
            throw CommandError(error)
        }
    }

    private func made(_ identities: [Identity]) -> String {
        let folder = self.directory
        let files = identities.map { "  \("\($0.name).key".padded(17)) a secret, for \($0.role.place)\n" }.joined()
        return """
            made the keys of a deployment in \(folder)/

            \(files)  \("members".padded(17)) no secret, and for all of them: who may come in

            Copy members and its own key to each machine, such as
              ssh HOST mkdir -m 700 -p keys && scp -p \(folder)/members \(folder)/draft.key HOST:keys/
            and start each with its keys, such as
              foretoken serve draft --listen tcp://0.0.0.0:7002 --keys keys

            """
    }

    private func added(_ made: Identity) -> String {
        let folder = self.directory
        return """
            made \(folder)/\(made.name).key, a secret for \(made.role.place), and listed it in \(folder)/members

            Copy both to the new machine, such as
              ssh HOST mkdir -m 700 -p keys && scp -p \(folder)/members \(folder)/\(made.name).key HOST:keys/
            and members to all others, moved into its place when it is whole:
              \(Self.copy(folder))
            Running services let it in within a few seconds of having the new members.

            """
    }

    private func revoked(_ identity: Identity) -> String {
        """
        took \(identity.name) off \(self.directory)/members, and removed its secret here

        Copy members to every machine, and move it into its place when it is whole:
          \(Self.copy(self.directory))
        Running services refuse the key within a few seconds of having the new members.

        """
    }

    /// How the list gets to a machine whose services never see half of it.
    private static func copy(_ folder: String) -> String {
        "scp -p \(folder)/members HOST:keys/members.new && ssh HOST mv keys/members.new keys/members"
    }
}

extension Role {
    /// Who has a key of it.
    fileprivate var place: String {
        switch self {
        case .coordinator: "the coordinator"
        case .target: "the target"
        case .draft: "the draft"
        case .client: "whoever asks for texts"
        }
    }
}
