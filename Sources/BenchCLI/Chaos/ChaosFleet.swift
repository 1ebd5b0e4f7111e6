import CommandSupport
import Foretoken
import Foundation
import LinkEmulator
import Measurement

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#endif

/// The deployment that faults befall: two targets, two drafts and two coordinators as processes, and a link to each target.
actor ChaosFleet {
    /// What the services get.
    struct Settings: Sendable {
        /// The program `foretoken`.
        var program: String
        var model: String?
        var draft: String?
        var slots: Int
        /// One way, in seconds.
        var delay: Double
        /// A folder for one file of each process.
        var logs: String
        var faketime: Faketime?
        /// `nil`: nothing is encrypted.
        var keys: FleetKeys?
    }

    static let processes = [ChaosPart.Role.target, .draft, .coordinator].flatMap { role in
        (1...2).map { ChaosPart(role, $0) }
    }

    struct Member {
        var process: PartProcess
        /// Where it listens, and where it serves HTTP.
        var address: String
        var http: String?
    }

    let settings: Settings
    let launcher: Launcher
    /// `nil`: all is on the loopback.
    let namespaces: Namespaces?
    let recorder: HistoryRecorder
    private(set) var links: [LinkEmulator] = []
    private var linkAddresses: [String] = []
    private(set) var members: [ChaosPart: Member] = [:]
    /// Those that record the ends of processes.
    private var watchers: [Task<Void, Never>] = []
    /// Parts that are being started.
    private var starting: Set<ChaosPart> = []
    private var isStopping = false
    /// A client of each coordinator, to ask it whom it sees.
    private var monitors: [ForetokenClient] = []

    init(_ settings: Settings, _ launcher: Launcher, _ namespaces: Namespaces?, _ recorder: HistoryRecorder) {
        self.settings = settings
        self.launcher = launcher
        self.namespaces = namespaces
        self.recorder = recorder
    }

    /// Addresses of the coordinators, in order, with the names of their keys.
    var coordinators: [String] { (1...2).map { self.address(of: ChaosPart(.coordinator, $0)) } }
    var http: [String] { (1...2).compactMap { self.members[ChaosPart(.coordinator, $0)]?.http } }

    // MARK: From begin to end

    /// Starts all parts, and waits until they see each other. To be stopped in any case.
    func start() async throws {
        let own = self.namespaces == nil ? "127.0.0.1" : Namespaces.ownAddress
        for number in 1...2 {
            // Where the target will be is known only once it is there.
            let link = try LinkEmulator(
                at: "tcp://\(own):0", to: "tcp://127.0.0.1:1",
                settings: .init(delay: self.settings.delay, seed: UInt64(number)))
            self.links.append(link)
            self.linkAddresses.append(try await link.start())
        }
        for part in Self.processes {
            try await self.start(part)
            if part.role == .target {
                try await self.links[part.number - 1].lead(to: self.members[part]!.address)
            }
        }
        for address in self.coordinators {
            let keys = self.settings.keys?.client
            self.monitors.append(ForetokenClient(address: address, keys: keys, insecure: keys == nil))
        }
        if let missing = try await self.missing(after: 20) { throw CommandError(.unavailable, missing) }
    }

    /// Ends all parts, and records how they end.
    func stop() async {
        self.isStopping = true
        for monitor in self.monitors { await monitor.close() }
        for member in self.members.values where member.process.ended.value == nil {
            member.process.ending.set(0)
            member.process.signal(SIGCONT)
            member.process.signal(SIGTERM)
        }
        for member in self.members.values where await member.process.ended.value(within: 10) == nil {
            member.process.signal(SIGKILL)
            _ = await member.process.ended.value(within: 10)
        }
        for watcher in self.watchers { await watcher.value }
        for link in self.links { await link.stop() }
    }

    // MARK: One part

    /// Starts a process where it was before, and waits until it is ready. Does nothing where one runs or is being started.
    func start(_ part: ChaosPart) async throws {
        let isRunning = self.members[part].map { $0.process.ended.value == nil } ?? false
        guard !isRunning, !self.isStopping, self.starting.insert(part).inserted else { return }
        defer { self.starting.remove(part) }
        let log = "\(self.settings.logs)/\(part).log"
        var environment = ["FORETOKEN_CHAOS_PART": "\(part)"]
        if let faketime = self.settings.faketime { environment.merge(try faketime.environment(of: part)) { $1 } }
        let process = try await self.launcher.start(
            [self.settings.program, "serve"] + self.arguments(part), before: self.namespaces?.entering(part) ?? [],
            environment: environment, log: log)
        self.members[part] = Member(
            process: process, address: self.members[part]?.address ?? "", http: self.members[part]?.http)
        self.record(part, .started)
        if self.isStopping { process.signal(SIGKILL) }
        self.watchers.append(Task { await self.takeEnd(of: part, process) })
        guard let line = await process.ready.value(within: 30), let line,
            let object = try? JSONSerialization.jsonObject(with: line) as? [String: Any],
            let address = object["address"] as? String
        else {
            throw CommandError(
                .unavailable, "\(part) did not get ready within 30 s; the last it said: \(Self.lastLine(of: log))")
        }
        self.members[part]!.address = address
        self.members[part]!.http = object["http"] as? String
        self.record(part, .ready)
    }

    /// Ends a process, and waits for its end.
    ///
    /// - Parameter status: what it is to end with.
    func end(_ part: ChaosPart, by signal: Int32, status: Int32) async throws {
        let process = self.members[part]!.process
        process.ending.set(status)
        process.signal(signal)
        guard await process.ended.value(within: 30) == nil else { return }
        process.signal(SIGKILL)
        _ = await process.ended.value(within: 10)
    }

    private func takeEnd(of part: ChaosPart, _ process: PartProcess) async {
        let status = await process.ended.wait()
        let isExpected = process.ending.value == status
        self.recorder.record(
            .process(.init(part: part, id: process.id, phase: isExpected ? .ended : .crashed, status: status)))
        // What has crashed by itself is told, and the rest of the campaign is not to be about it.
        guard !isExpected, process.ending.value == nil, self.members[part]?.process === process else { return }
        try? await self.start(part)
    }

    private func record(_ part: ChaosPart, _ phase: ChaosProcess.Phase) {
        self.recorder.record(.process(.init(part: part, id: self.members[part]!.process.id, phase: phase)))
    }

    /// Records what each process holds of the system now, where the system tells.
    func recordUse() {
        for (part, member) in self.members where member.process.ended.value == nil {
            guard let use = ProcessUse(of: member.process.id) else { continue }
            self.recorder.record(.use(.init(part: part, id: member.process.id, use: use)))
        }
    }

    private static func lastLine(of log: String) -> String {
        let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").last.map(String.init) ?? "nothing"
    }

    private func arguments(_ part: ChaosPart) -> [String] {
        let port = [ChaosPart.Role.target: 7001, .draft: 7002, .coordinator: 7000][part.role] ?? 0
        let host = self.namespaces == nil ? "127.0.0.1" : Namespaces.address(of: part)
        let before = self.members[part]?.address ?? ""
        let listen = !before.isEmpty ? before : self.namespaces == nil ? "tcp://127.0.0.1:0" : "tcp://\(host):\(port)"
        var words = [part.role.rawValue, "--listen", listen]
        switch part.role {
        case .target:
            words += ["--advertise", self.linkAddresses[part.number - 1], "--exact", "--threads", "1"]
            words += ["--slots", "\(self.settings.slots)"]
            if let model = self.settings.model { words += ["--model", model] }
        case .draft:
            words += ["--slots", "\(self.settings.slots)", "--threads", "1"]
            if let draft = self.settings.draft { words += ["--model", draft] }
        case .coordinator:
            for other in Self.processes where other.role == .target || other.role == .draft {
                words += ["--\(other.role.rawValue)", self.address(of: other)]
            }
            let http = self.members[part]?.http.map { String($0.dropFirst("http://".count)) }
            words += ["--http", http ?? "\(host):\(self.namespaces == nil ? 0 : 8080)"]
        case .link, .fleet: break
        }
        return words + (self.settings.keys.map { ["--keys", $0.folder(of: part)] } ?? ["--insecure"])
    }

    /// Where others reach a part: with the name of its key.
    private func address(of part: ChaosPart) -> String {
        (self.settings.keys == nil ? "" : "\(part)@") + self.members[part]!.address
    }

    // MARK: Whether all see each other

    /// Waits until every coordinator sees every target and draft.
    ///
    /// - Returns: what is missing after that many seconds; `nil` where nothing is.
    func missing(after seconds: Double) async throws -> String? {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while true {
            var missing: [String] = []
            for (index, monitor) in self.monitors.enumerated() {
                missing += await self.missing(at: monitor, "coordinator-\(index + 1)")
            }
            if missing.isEmpty { return nil }
            guard ContinuousClock.now < deadline else {
                return "after \(Int(seconds)) s " + missing.joined(separator: "; ")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Records which parts still hold sequences some seconds after the last text.
    func recordHeld(after seconds: Double) async throws {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while true {
            var held: Set<ChaosPart> = []
            for (index, monitor) in self.monitors.enumerated() {
                // Of one that does not answer nobody knows what it holds.
                guard let deployment = try? await monitor.describe() else {
                    held.insert(ChaosPart(.coordinator, index + 1))
                    continue
                }
                let busy = Set((deployment.targets + deployment.drafts).filter { $0.load.sequences > 0 }.map(\.address))
                held.formUnion(Self.processes.filter { busy.contains(self.address(of: $0)) })
            }
            if held.isEmpty { return }
            guard ContinuousClock.now < deadline else {
                for part in Self.processes where held.contains(part) { self.record(part, .held) }
                return
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private func missing(at monitor: ForetokenClient, _ name: String) async -> [String] {
        do throws(ForetokenError) {
            let deployment = try await monitor.describe()
            return (deployment.targets + deployment.drafts).filter { !$0.isReachable }.map { member in
                "\(name) does not use \(member.address)\(member.reason.isEmpty ? "" : " (\(member.reason))")"
            }
        } catch {
            return ["\(name) does not answer: \(error)"]
        }
    }
}
