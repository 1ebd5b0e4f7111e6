import Dispatch
import Logging
import NIOCore
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// All connections of a gateway: closes those that its table gives up, and tells the operator.
final class Connections: Sendable {
    private struct State {
        var table: ConnectionTable
        var channels: [Int: any Channel] = [:]
        var next = 0
    }

    private let state: Mutex<State>
    private let logger: Logger

    init(most: Int, logger: Logger) {
        self.state = Mutex(State(table: ConnectionTable(most: most)))
        self.logger = logger
    }

    private static var now: Double { Double(DispatchTime.now().uptimeNanoseconds) * 1e-9 }

    /// Adds a connection.
    ///
    /// - Returns: its number, and whether it is let in for health only; `nil` where it was closed at once.
    func open(_ channel: any Channel) -> (number: Int, isForHealth: Bool)? {
        let (number, arrival, other, isToBeTold) = self.state.withLock { state in
            state.next += 1
            let arrival = state.table.open(state.next, now: Self.now)
            var other: (any Channel)?
            switch arrival {
            case .takenInstead(of: let number), .takenForHealth(insteadOf: .some(let number)):
                other = state.channels.removeValue(forKey: number)
            case .taken, .takenForHealth(insteadOf: nil), .refused: break
            }
            if arrival != .refused { state.channels[state.next] = channel }
            return (state.next, arrival, other, arrival != .taken && state.table.isToBeTold(now: Self.now))
        }
        if isToBeTold {
            self.logger.warning(
                "Connections are at their limit; the longest idle ones are closed for new ones",
                metadata: ["connections": "\(self.state.withLock { $0.table.most })"])
        }
        other?.close(promise: nil)
        switch arrival {
        case .taken, .takenInstead: return (number, false)
        case .takenForHealth: return (number, true)
        case .refused:
            channel.close(promise: nil)
            return nil
        }
    }

    func note(_ number: Int, isWaiting: Bool) {
        self.state.withLock { $0.table.note(number, isWaiting: isWaiting, now: Self.now) }
    }

    func close(_ number: Int) {
        self.state.withLock { state in
            state.table.close(number)
            state.channels[number] = nil
        }
    }

    /// Those that are open.
    var all: [any Channel] { self.state.withLock { Array($0.channels.values) } }

    /// Goes on with another limit; connections beyond it are kept.
    func change(most: Int) {
        self.state.withLock { $0.table.most = most }
    }

    /// As many as that number of texts at once wants, as far as this process may open files.
    static func most(texts: Int) -> Int {
        let wanted = 2 * texts + 64
        var limit = rlimit()
        #if canImport(Glibc)
            let isKnown = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
        #else
            let isKnown = getrlimit(RLIMIT_NOFILE, &limit) == 0
        #endif
        // Some are for models, for links, and for connections that are being closed.
        let others = 2 * ConnectionTable.reserve + 128
        guard isKnown, limit.rlim_cur < UInt64(wanted + others) else { return wanted }
        return max(16, Int(limit.rlim_cur) - others)
    }
}
