internal import Executors

/// Finds the addresses that a name stands for: `tcp://targets:7001` may be several targets.
///
/// A value of closures, so that tests answer themselves.
public struct Resolver: Sendable {
    /// Whether an address has a name for its host, which has to be asked for.
    public let isName: @Sendable (String) -> Bool
    /// The addresses behind a name, each with a number for its host; none where there was no answer. It may take long, and
    /// keeps no loop busy.
    public let addresses: @Sendable (String) async -> [String]

    public init(
        isName: @escaping @Sendable (String) -> Bool, addresses: @escaping @Sendable (String) async -> [String]
    ) {
        self.isName = isName
        self.addresses = addresses
    }

    /// Asks the system, on a thread of its own.
    public static let system = Resolver(
        isName: { (try? Address(Address.split($0).address, listening: false))?.isName ?? false },
        addresses: { name in
            await withCheckedContinuation { answer in
                Self.thread.execute {
                    let (member, rest) = Address.split(name)
                    let addresses = (try? Address(rest, listening: false))?.allResolved() ?? []
                    answer.resume(returning: addresses.map { (member.map { "\($0)@" } ?? "") + $0.text })
                }
            }
        })

    private static let thread = ThreadLoop(name: "resolver")
}
