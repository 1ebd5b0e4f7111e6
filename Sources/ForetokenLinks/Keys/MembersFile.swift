internal import ForetokenWire
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#endif

/// The list of members as the file has it now: read again when the file changes, so that nobody needs a restart.
final class MembersFile: Sendable {
    enum Change: Equatable, Sendable {
        case none
        case read
        /// The old list goes on.
        case broken(KeysError)
    }

    private struct State {
        var members: Members
        /// Of the content that was read last; `nil` where the file may have changed since without showing it.
        var stamp: KeysFolder.Stamp?
        /// What was told last.
        var fault: KeysError?
    }

    let path: String
    private let state: Mutex<State>

    init(_ path: String) throws(KeysError) {
        self.path = path
        let stamp = Self.settledStamp(of: path)
        self.state = Mutex(State(members: try Self.read(path), stamp: stamp))
    }

    var members: Members { self.state.withLock { $0.members } }

    subscript(key: String) -> Identity? { self.state.withLock { $0.members[key] } }

    /// Looks whether the file has changed, and then reads it. Costs one call of the system where it has not.
    func look() -> Change {
        let stamp = Self.settledStamp(of: self.path)
        guard self.state.withLock({ stamp == nil || $0.stamp != stamp }) else { return .none }
        do throws(KeysError) {
            let members = try Self.read(self.path)
            return self.state.withLock { state in
                let isNew = state.members != members || state.fault != nil
                (state.members, state.stamp, state.fault) = (members, stamp, nil)
                return isNew ? .read : .none
            }
        } catch {
            return self.state.withLock { state in
                state.stamp = stamp
                defer { state.fault = error }
                return state.fault == error ? .none : .broken(error)
            }
        }
    }

    private static func read(_ path: String) throws(KeysError) -> Members {
        try Members(try KeysFolder.read(path, atMost: Members.mostBytes), path: path)
    }

    /// - Returns: `nil` where the file is so young that a further change might leave its times and its size as they are.
    private static func settledStamp(of path: String) -> KeysFolder.Stamp? {
        guard let stamp = KeysFolder.stamp(of: path) else { return nil }
        return time(nil) - stamp.seconds > 2 ? stamp : nil
    }
}
