/// Makes text of token bytes: gives out whole characters only, and stops at the first stop string.
///
/// The first is the one that is complete first, and the longest of those that end together; so the text is the same
/// however its bytes are spread over tokens.
///
/// Bytes are held back while they may still become part of a character or of a stop string. What is no UTF-8
/// comes out as U+FFFD.
public struct TextAssembler: Sendable {
    private let stops: [[UInt8]]
    private var held: [UInt8] = []
    /// Bytes of `held` with which no stop string ends the text.
    private var passed = 0
    /// Whether a stop string was found; nothing comes out behind it.
    public private(set) var isStopped = false

    /// - Parameter stops: the text ends before the first of them; empty ones are passed over.
    public init(stops: [String] = []) {
        self.stops = stops.map { Array($0.utf8) }.filter { !$0.isEmpty }
    }

    /// Takes the bytes of a token.
    ///
    /// - Parameter mayStop: whether a stop string that is complete with these bytes ends the text.
    /// - Returns: the text that is certain now.
    public mutating func append(_ bytes: [UInt8], mayStop: Bool = true) -> String {
        guard !self.isStopped else { return "" }
        self.held += bytes
        if !mayStop { self.passed = self.held.count }
        if let stop = self.firstStop() {
            self.isStopped = true
            return self.take(stop)
        }
        return self.take(self.held.count - max(self.openStop(), self.openCharacter()))
    }

    /// Gives out what was still held back, at the end of a text.
    public mutating func finish() -> String {
        self.isStopped ? "" : self.take(self.held.count)
    }

    private mutating func take(_ count: Int) -> String {
        let text = String(decoding: self.held[..<count], as: UTF8.self)
        self.held.removeSubrange(..<count)
        self.passed = max(0, self.passed - count)
        return text
    }

    /// Where the first stop string begins.
    private func firstStop() -> Int? {
        guard !self.stops.isEmpty, self.passed < self.held.count else { return nil }
        for end in self.passed + 1...self.held.count {
            let ending = self.stops.filter { self.held.prefix(end).suffix($0.count).elementsEqual($0) }
            if let longest = ending.map(\.count).max() { return end - longest }
        }
        return nil
    }

    /// Bytes at the end that a stop string may begin with.
    private func openStop() -> Int {
        let most = min(self.held.count, (self.stops.map(\.count).max() ?? 0) - 1)
        guard most > 0 else { return 0 }
        return (1...most).reversed().first { length in
            self.stops.contains { $0.starts(with: self.held.suffix(length)) }
        } ?? 0
    }

    /// Bytes at the end that are the beginning of a character.
    private func openCharacter() -> Int {
        for length in 1...3 where length <= self.held.count {
            let byte = self.held[self.held.count - length]
            if byte & 0xc0 == 0x80 { continue }
            let whole = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
            return whole > length && byte < 0xf8 ? length : 0
        }
        return 0
    }
}
