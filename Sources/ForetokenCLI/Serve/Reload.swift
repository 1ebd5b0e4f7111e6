import ArgumentParser
import CommandSupport
import Logging
import Synchronization

/// What becomes of a configuration that is read again while a service runs.
enum Reload {
    private struct State {
        /// As it was read last.
        var configuration: Configuration
        /// What options are set to that are in use, by their names.
        var inUse: [String: [String]]
    }

    /// Of the service that this process runs.
    private static let state = Mutex<State?>(nil)

    /// Notes what a service is about to be started with.
    static func begin(with configuration: Configuration) {
        Hangup.hold()
        Self.state.withLock { $0 = State(configuration: configuration, inUse: configuration.values) }
    }

    /// Makes what a service does at SIGHUP: it reads its configuration again, takes up what it can without a restart, and
    /// logs what has changed. Where anything is wrong, nothing changes, and all of it is logged.
    ///
    /// - Parameters:
    ///   - live: names of the options that `apply` takes up.
    ///   - apply: throws where it can take up nothing.
    static func action<Service: ConfiguredService>(
        of _: Service.Type, live: Set<String> = [], logger: Logger,
        apply: @escaping @Sendable (Service) async throws -> Void = { _ in }
    ) -> @Sendable () async -> Void {
        {
            guard let former = Self.state.withLock({ $0 }) else { return }
            do {
                let configuration = try former.configuration.reread()
                guard let service = try Service.parseAsRoot(configuration.arguments) as? Service else { return }
                try await apply(service)
                let changes = Self.changes(from: former.inUse, to: configuration.values, live: live)
                Self.tell(changes, logger)
                let inUse = former.inUse.merging(changes.filter(\.isLive).map { ($0.option, $0.values) }) { $1 }
                Self.state.withLock { $0 = State(configuration: configuration, inUse: inUse) }
            } catch let error as ConfigurationFaults {
                for fault in error.faults { Self.refuse("\(fault)", logger) }
            } catch let error as CommandError {
                Self.refuse(error.message, logger)
            } catch {
                Self.refuse(Service.message(for: error), logger)
            }
        }
    }

    private static func refuse(_ reason: String, _ logger: Logger) {
        logger.error("Configuration is not taken up; nothing has changed", metadata: ["reason": "\(reason)"])
    }

    struct Change: Equatable {
        let option: String
        let values: [String]
        /// Whether it is taken up without a restart.
        let isLive: Bool
    }

    /// - Returns: the options that are set to something else, by their names.
    static func changes(
        from former: [String: [String]], to values: [String: [String]], live: Set<String>
    ) -> [Change] {
        // Limits of HTTP are taken up by a gateway that is there and stays where it is.
        let hasGateway = former["http"] != nil && former["http"] == values["http"]
        return Set(former.keys).union(values.keys).sorted().compactMap { option in
            let (one, other) = (former[option] ?? [], values[option] ?? [])
            guard one != other else { return nil }
            // Whether keys are asked for changes only at a start.
            let isOfKeys = option == "api-key-file" && (one.isEmpty || other.isEmpty)
            return Change(
                option: option, values: other,
                isLive: live.contains(option) && !isOfKeys && (hasGateway || !HTTPOptions.live.contains(option)))
        }
    }

    private static func tell(_ changes: [Change], _ logger: Logger) {
        for change in changes {
            let value = change.values.isEmpty ? "default" : change.values.map { $0.shown() }.joined(separator: ",")
            let metadata: Logger.Metadata = ["option": "\(change.option)", "value": "\(value)"]
            if change.isLive {
                logger.info("Option changed", metadata: metadata)
            } else {
                logger.warning("Option changed, and takes effect with the next start", metadata: metadata)
            }
        }
        logger.info("Configuration read again", metadata: ["changes": "\(changes.count)"])
    }
}
