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
///
/// A file that is being copied is shorter for a while, and would revoke whoever is not in it yet. So a new list counts
/// only when two looks have found the same, and only if whoever reads it is in it.
final class MembersFile: Sendable {
    enum Change: Equatable, Sendable {
        case none
        case read
        /// The old list goes on.
        case broken(KeysError)
    }

    private struct State {
        var members: Members
        /// What `members` was read from.
        var content: [UInt8]
        /// Another content that the last look found.
        var candidate: [UInt8]?
        /// Tells whether the file is still as it was last read; `nil` where it may have changed without showing it.
        var stamp: KeysFolder.Stamp?
        /// What was told last.
        var fault: KeysError?
    }

    let path: String
    /// Whose list it is.
    private let own: Identity
    private let state: Mutex<State>

    /// - Parameter own: who reads the list.
    init(_ path: String, of own: Identity) throws(KeysError) {
        self.path = path
        self.own = own
        let stamp = Self.settledStamp(of: path)
        let content = try KeysFolder.content(of: path, atMost: Members.mostBytes)
        let members = try Self.members(content, path, own)
        self.state = Mutex(State(members: members, content: content, stamp: stamp))
    }

    var members: Members { self.state.withLock { $0.members } }

    subscript(key: String) -> Identity? { self.state.withLock { $0.members[key] } }

    /// Looks whether the file has changed, and takes what it holds when the look before has found the same. Costs one
    /// call of the system where nothing has changed. From one thread.
    func look() -> Change {
        let stamp = Self.settledStamp(of: self.path)
        let (known, content, candidate) = self.state.withLock { ($0.stamp, $0.content, $0.candidate) }
        guard stamp == nil || known != stamp else { return .none }
        do throws(KeysError) {
            let found = try KeysFolder.content(of: self.path, atMost: Members.mostBytes)
            if found != content, found != candidate {
                self.state.withLock { ($0.candidate, $0.stamp) = (found, nil) }
                return .none
            }
            let members = found == content ? nil : try Self.members(found, self.path, self.own)
            return self.state.withLock { state in
                let isNew = members != nil || state.fault != nil
                if let members { (state.members, state.content) = (members, found) }
                (state.candidate, state.stamp, state.fault) = (nil, stamp, nil)
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

    private static func members(_ content: [UInt8], _ path: String, _ own: Identity) throws(KeysError) -> Members {
        let members = try Members(content, path: path)
        // Nobody would let its reader in; so it is not whole yet, or a mistake that would show as silence alone.
        guard members[own.key]?.role == own.role else { throw KeysError(path, .unlisted(own.name)) }
        return members
    }

    /// - Returns: `nil` where the file is so young that a further change might leave its times and its size as they are.
    private static func settledStamp(of path: String) -> KeysFolder.Stamp? {
        guard let stamp = KeysFolder.stamp(of: path) else { return nil }
        return time(nil) - stamp.seconds > 2 ? stamp : nil
    }
}
