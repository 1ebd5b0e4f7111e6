package import ArgumentParser
package import ForetokenLinks
package import ForetokenWire
import Foundation

/// How links to other machines are protected.
package struct SecurityOptions: ParsableArguments {
    @Option(
        help: .init(
            """
            The directory with the keys, as foretoken keygen makes it: all tcp is encrypted, and members alone are let \
            in. (default: what FORETOKEN_KEYS says; else no keys, and tcp on the loopback only)
            """, valueName: "directory"))
    package var keys: String?

    @Flag(help: "Go to other machines without keys: nothing is encrypted, and whoever reaches a port is believed.")
    package var insecure = false

    package init() {}

    package func validate() throws {
        if self.keys != nil, self.insecure { throw ValidationError("--keys and --insecure exclude each other") }
        if self.keys == "" { throw ValidationError("--keys is empty") }
    }

    /// Where the keys are; `nil` where there are none.
    package var directory: String? {
        if let keys { return keys }
        guard !self.insecure, let named = ProcessInfo.processInfo.environment["FORETOKEN_KEYS"], !named.isEmpty else {
            return nil
        }
        return named
    }

    /// A network for a service or a client; warns where it protects nothing.
    package func network(_ role: Role) throws(CommandError) -> ZeroMQNetwork {
        if self.insecure {
            Console.warning(
                "--insecure: links to other machines are not encrypted, and whoever reaches a port is believed; "
                    + "foretoken keygen makes keys")
        }
        let keyring = try self.keyring(role)
        do throws(LinkError) {
            if let keyring { return try ZeroMQNetwork(.keys(keyring)) }
            return try ZeroMQNetwork(self.insecure ? .insecure : .loopback)
        } catch {
            throw CommandError(error)
        }
    }

    /// Reads the keys of a role; `nil` where there are none.
    package func keyring(_ role: Role) throws(CommandError) -> Keyring? {
        guard let directory else { return nil }
        do {
            return try Keyring(directory, role: role)
        } catch {
            throw CommandError(error)
        }
    }
}
