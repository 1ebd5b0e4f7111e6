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

    /// Asks the system, on threads that do nothing else.
    public static let system = Resolver(
        isName: { (try? Address(Address.split($0).address, listening: false))?.name != nil },
        addresses: { text in
            let (member, rest) = Address.split(text)
            guard let address = try? Address(rest, listening: false) else { return [] }
            guard let name = address.name else { return [text] }
            let numbers = await withCheckedContinuation { answer in
                Self.questions.ask(for: name) { answer.resume(returning: $0) }
            }
            return address.with(numbers: numbers).map { (member.map { "\($0)@" } ?? "") + $0.text }
        })

    /// Asks for several names at once, so that one that nobody answers for holds up no other.
    ///
    /// - Parameter tell: hears of each name as soon as it is answered.
    public func ask(
        for names: [String], tell: @escaping @Sendable (_ name: String, _ addresses: [String]) async -> Void
    ) async {
        await withTaskGroup { group in
            for name in names { group.addTask { await tell(name, await self.addresses(name)) } }
        }
    }

    private static let questions = NameQuestions(system: Address.numbers)
}
