import CommandSupport
import Foundation
import Measurement

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#endif

/// Network namespaces: one for each part, joined by veth pairs to a bridge in that of this process, where the clients are.
///
/// None has a name. They are held by processes, which end with this one however it ends, so nothing of them is left over,
/// and several campaigns never meet.
struct Namespaces: Sendable {
    private let launcher: Launcher
    /// The processes that hold the namespaces.
    private let holders: [ChaosPart: pid_t]

    private static let hub = "hub"
    private static let hubAddress = "10.77.0.1"

    // MARK: Entering

    private static let mark = "FORETOKEN_CHAOS_NAMESPACE"

    /// Whether this process has network and mounts of its own.
    static var isInside: Bool { ProcessInfo.processInfo.environment[self.mark] != nil }

    /// Executes this program anew, with network and mounts of its own. Does not return.
    ///
    /// - Throws: `CommandError` where that cannot be done.
    static func enter(_ launcher: Launcher) async throws -> Never {
        for program in ["unshare", "nsenter", "setpriv", "ip", "bridge"] where Launcher.path(of: program) == nil {
            throw CommandError(
                .unavailable,
                "network namespaces need the program \(program): install util-linux and iproute2, or run on the loopback "
                    + "with --no-namespaces")
        }
        do {
            try await launcher.run(["unshare", "--net", "--mount", "true"])
        } catch let error as CommandError {
            let way = geteuid() == 0 ? "this machine or container forbids it" : "only root may"
            throw CommandError(
                .unavailable,
                "no network namespaces can be made: \(way) (\(error.message)); run on the loopback with --no-namespaces"
            )
        }
        guard let program = Bundle.main.executablePath, let unshare = Launcher.path(of: "unshare") else {
            throw CommandError(.internalError, "this program does not know where it is")
        }
        setenv(self.mark, "1", 1)
        let words = [unshare, "--net", "--mount", program] + CommandLine.arguments.dropFirst()
        let pointers = words.map { strdup($0) } + [nil]
        execv(unshare, pointers)
        throw CommandError(.internalError, "\(unshare) cannot be executed: \(String(cString: strerror(errno)))")
    }

    // MARK: Setting up

    /// Makes a namespace for each part, and joins them. In a process that is inside.
    init(_ parts: [ChaosPart], log: String, _ launcher: Launcher) async throws {
        self.launcher = launcher
        try await launcher.run(
            ["ip", "-batch", "-"],
            input: """
                link set lo up
                link add \(Self.hub) type bridge forward_delay 0
                address add \(Self.hubAddress)/24 dev \(Self.hub)
                link set \(Self.hub) up

                """)
        var holders: [ChaosPart: pid_t] = [:]
        for part in parts {
            let holder = try await launcher.start(["unshare", "--net", "sleep", "infinity"], log: log)
            try await Self.waitForNamespace(of: holder)
            holders[part] = holder.id
        }
        self.holders = holders
        for part in parts { try await self.join(part) }
    }

    /// Waits until a process has left our namespace.
    private static func waitForNamespace(of holder: PartProcess) async throws {
        func namespace(_ id: String) -> String? {
            try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(id)/ns/net")
        }

        let deadline = ContinuousClock.now + .seconds(10)
        while namespace("self") == namespace("\(holder.id)") || namespace("\(holder.id)") == nil {
            guard holder.ended.value == nil, ContinuousClock.now < deadline else {
                throw CommandError(.unavailable, "no further network namespace can be made")
            }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    private func join(_ part: ChaosPart) async throws {
        try await self.launcher.run(
            ["ip", "-batch", "-"],
            input: """
                link add \(self.port(part)) type veth peer name eth0 netns \(self.holders[part]!) \
                address \(self.hardwareAddress(part))
                link set \(self.port(part)) master \(Self.hub) up

                """)
        try await self.launcher.run(
            self.entering(part) + ["ip", "-batch", "-"],
            input: """
                link set lo up
                address add \(Self.address(of: part))/24 dev eth0
                link set eth0 up

                """)
    }

    // MARK: Names

    /// What goes before a command that is to run in the namespace of a part.
    func entering(_ part: ChaosPart) -> [String] {
        ["nsenter", "--net=/proc/\(self.holders[part]!)/ns/net"]
    }

    static func address(of part: ChaosPart) -> String { "10.77.0.\(Self.host(part))" }

    /// Where this process listens for parts.
    static var ownAddress: String { self.hubAddress }

    private static func host(_ part: ChaosPart) -> Int {
        switch part.role {
        case .target: 10 + part.number
        case .draft: 20 + part.number
        case .coordinator: 30 + part.number
        case .link, .fleet: 1
        }
    }

    /// The end of the part's cable at the bridge.
    private func port(_ part: ChaosPart) -> String { "port\(Self.host(part))" }

    private func hardwareAddress(_ part: ChaosPart) -> String { "02:00:00:00:00:\(Self.host(part))" }

    // MARK: Trouble

    /// Pulls the cable of a part, or puts it back.
    func setCable(of part: ChaosPart, isPlugged: Bool) async throws {
        try await self.launcher.run(["ip", "link", "set", self.port(part), isPlugged ? "up" : "down"])
    }

    /// Lets the bridge deliver what is sent to a part at another's port, where it is not taken; or at its own again.
    func setInlet(of part: ChaosPart, isOpen: Bool) async throws {
        let wrong = self.holders.keys.filter { $0 != part }.min { Self.host($0) < Self.host($1) }!
        try await self.launcher.run(
            [
                "bridge", "fdb", isOpen ? "del" : "replace", self.hardwareAddress(part), "dev", self.port(wrong),
                "master",
            ]
                + (isOpen ? [] : ["static", "sticky"]))
    }

    /// Lets a part send all to a hardware address that nobody has; or where it belongs.
    func setOutlet(of part: ChaosPart, isOpen: Bool) async throws {
        let others = self.holders.keys.filter { $0 != part }.map(Self.address) + [Self.hubAddress]
        let lines = others.map { address in
            isOpen
                ? "neighbour del \(address) dev eth0"
                : "neighbour replace \(address) lladdr 02:ff:00:00:00:00 nud permanent dev eth0"
        }
        try await self.launcher.run(
            self.entering(part) + ["ip", "-batch", "-"], input: lines.joined(separator: "\n") + "\n")
    }
}
