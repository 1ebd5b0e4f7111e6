import CommandSupport
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

extension ChaosFleet {
    /// How long it may take until all see each other again.
    private static let healing = 15.0

    /// Lets a fault befall its part, takes it away after its time, and waits until the deployment is whole again.
    ///
    /// - Throws: when a part does not start, or the task is cancelled; the fault may then still be there.
    func befall(_ plan: FaultPlan) async throws {
        self.recorder.record(.fault(.init(plan, .begin)))
        try await self.begin(plan)
        try await Task.sleep(for: .seconds(plan.seconds))
        try await self.end(plan)
        self.recorder.record(.fault(.init(plan, .end)))
        let missing = plan.kind == .control ? nil : try await self.missing(after: Self.healing)
        self.recorder.record(.fault(.init(plan, missing == nil ? .whole : .notWhole, message: missing)))
    }

    private func begin(_ plan: FaultPlan) async throws {
        let part = plan.part
        switch plan.kind {
        case .kill: try await self.end(part, by: SIGKILL, status: -SIGKILL)
        case .restart: try await self.end(part, by: SIGTERM, status: 0)
        case .freeze: self.members[part]!.process.signal(SIGSTOP)
        case .cut: try await self.namespaces?.setCable(of: part, isPlugged: false)
        case .cutOut: try await self.namespaces?.setOutlet(of: part, isOpen: false)
        case .cutIn: try await self.namespaces?.setInlet(of: part, isOpen: false)
        case .delay: await self.links[part.number - 1].set(delay: self.settings.delay + 0.1, jitter: 0.05)
        case .reset: await self.links[part.number - 1].drop()
        case .diskFull:
            try self.fillDisk()
            // Something to log.
            for link in self.links { await link.drop() }
        case .clockStep: try self.settings.faketime?.step(part, by: plan.number.isMultiple(of: 2) ? 3600 : -3600)
        case .control: break
        }
    }

    private func end(_ plan: FaultPlan) async throws {
        let part = plan.part
        switch plan.kind {
        case .kill, .restart: try await self.start(part)
        case .freeze: self.members[part]!.process.signal(SIGCONT)
        case .cut: try await self.namespaces?.setCable(of: part, isPlugged: true)
        case .cutOut: try await self.namespaces?.setOutlet(of: part, isOpen: true)
        case .cutIn: try await self.namespaces?.setInlet(of: part, isOpen: true)
        case .delay: await self.links[part.number - 1].set(delay: self.settings.delay, jitter: 0)
        case .diskFull: try FileManager.default.removeItem(atPath: self.filler)
        case .clockStep: try self.settings.faketime?.step(part, by: 0)
        case .reset, .control: break
        }
    }

    /// What takes the room of the logs.
    private var filler: String { "\(self.settings.logs)/filler" }

    private func fillDisk() throws {
        guard let file = fopen(self.filler, "w") else {
            throw CommandError(.cannotWrite, "\(self.filler) cannot be written")
        }
        defer { fclose(file) }
        setvbuf(file, nil, _IONBF, 0)
        let zeros = [UInt8](repeating: 0, count: 1 << 16)
        // To the last byte.
        for size in [zeros.count, 1] { while fwrite(zeros, 1, size, file) == size {} }
    }
}
