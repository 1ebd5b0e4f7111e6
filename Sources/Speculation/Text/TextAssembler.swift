/// Makes text of token bytes: gives out whole characters only, and stops at the first stop string.
///
/// The first is the one that is complete first, and the longest of those that end together; so the text is the same
/// however its bytes are spread over tokens.
///
/// Bytes are held back while they may still become part of a character or of a stop string. What is not UTF-8
/// comes out as U+FFFD. What a token costs depends on its own bytes alone, not on what is held back.
public struct TextAssembler: Sendable {
    private let stops: StopStrings
    private var state: StopStrings.State = 0
    /// The bytes that are held back, behind some that came out already.
    private var buffer: [UInt8] = []
    private var given = 0
    /// Whether a stop string was found; nothing comes out behind it.
    public private(set) var isStopped = false
    /// Moves of the automaton and of bytes so far.
    private(set) var moves = 0

    /// - Parameter stops: the text ends before the first of them.
    public init(stops: StopStrings = .none) {
        self.stops = stops
    }

    /// Adds the bytes of a token.
    ///
    /// - Parameter mayStop: whether a stop string that is complete with these bytes ends the text.
    /// - Returns: the text that is certain now.
    public mutating func append(_ bytes: [UInt8], mayStop: Bool = true) -> String {
        guard !self.isStopped else { return "" }
        for byte in bytes {
            self.buffer.append(byte)
            self.state = self.stops.state(behind: self.state, byte, moves: &self.moves)
            let length = self.stops.length(at: self.state)
            guard length == 0 || !mayStop else {
                self.isStopped = true
                return self.take(self.held.count - length)
            }
        }
        return self.take(self.held.count - max(self.stops.open(in: self.state), self.openCharacter()))
    }

    /// Gives out what was still held back, at the end of a text.
    public mutating func finish() -> String {
        self.isStopped ? "" : self.take(self.held.count)
    }

    /// Bytes that have not come out yet.
    public var held: ArraySlice<UInt8> { self.buffer[self.given...] }

    private mutating func take(_ count: Int) -> String {
        let text = String(decoding: self.held.prefix(count), as: UTF8.self)
        self.given += count
        // Whatever is moved to the front is less than what has come out since the last time.
        if self.given > self.held.count {
            self.moves += self.held.count
            self.buffer.removeSubrange(..<self.given)
            self.given = 0
        }
        return text
    }

    /// Bytes at the end that are the beginning of a character.
    private func openCharacter() -> Int {
        let held = self.held
        for length in 1...3 where length <= held.count {
            let byte = held[held.endIndex - length]
            if byte & 0xc0 == 0x80 { continue }
            let whole = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
            return whole > length && byte < 0xf8 ? length : 0
        }
        return 0
    }
}
