import Foundation

/// An id as text: base64url (RFC 4648, section 5) of whole numbers, seven bits to a byte, the low ones first.
///
/// In its order: version; digests of request and model; seed; answer's id with its length; created; resumptions; begun;
/// whole; number of choices; and of each choice 0 for open, or 1 for ended, and its numbers, lists with their length.
extension EventID {
    static let version: UInt64 = 1

    /// Why a text is not an id.
    enum Fault: Error, Equatable, CustomStringConvertible {
        case empty
        case tooLong(Int)
        case notBase64
        case version(UInt64)
        case malformed

        var description: String {
            switch self {
            case .empty: "is empty: the stream told no id that it could go on from, so begin it anew"
            case .tooLong(let count): "is \(count) characters long, and \(EventID.mostCharacters) are the most"
            case .notBase64: "is not an id of this server: it is not base64url"
            case .version(let version):
                "is of version \(version), and this server knows \(EventID.version) alone; run the same release everywhere"
            case .malformed: "is not an id of this server: it is cut off, or was changed"
            }
        }
    }

    /// - Returns: `nil` where it would be too long.
    var text: String? {
        var writer = NumberWriter()
        for number in [Self.version, self.origin.request, self.origin.model, self.seed] { writer.write(number) }
        writer.write(Array(self.answer.utf8)) { UInt64($0) }
        for number in [self.created, self.resumptions, self.begun, self.isWhole ? 1 : 0] { writer.write(number) }
        writer.write(self.choices.count)
        for choice in self.choices {
            switch choice {
            case .open(let open):
                writer.write(0)
                writer.write(open.tokens) { UInt64($0) }
                for number in [open.accepted, open.recovered, open.bonus, open.offset] { writer.write(number) }
                writer.write(open.held) { UInt64($0) }
            case .ended(let ended):
                for number in [1, ended.generatedTokens, ended.promptTokens, ended.reusedTokens] {
                    writer.write(number)
                }
            }
        }
        guard (writer.bytes.count * 4 + 2) / 3 <= Self.mostCharacters else { return nil }
        let characters = Data(writer.bytes).base64EncodedData().compactMap { character -> UInt8? in
            switch character {
            case UInt8(ascii: "+"): UInt8(ascii: "-")
            case UInt8(ascii: "/"): UInt8(ascii: "_")
            case UInt8(ascii: "="): nil
            default: character
            }
        }
        return String(decoding: characters, as: UTF8.self)
    }

    init(_ text: String) throws(Fault) {
        guard !text.isEmpty else { throw .empty }
        guard text.utf8.count <= Self.mostCharacters else { throw .tooLong(text.utf8.count) }
        var reader = NumberReader(try Self.bytes(text))
        let version = try reader.number()
        guard version == Self.version else { throw .version(version) }
        self.origin = Origin(request: try reader.number(), model: try reader.number())
        self.seed = try reader.number()
        self.answer = try reader.answer()
        self.created = try reader.count()
        self.resumptions = try reader.count()
        self.begun = try reader.count()
        self.isWhole = try reader.flag()
        self.choices = []
        for _ in 0..<(try reader.length()) { self.choices.append(try reader.progress()) }
        guard reader.isAtEnd, self.begun <= self.choices.count else { throw .malformed }
    }

    private static func bytes(_ text: String) throws(Fault) -> Data {
        var characters = Array(text.utf8)
        for index in characters.indices {
            switch characters[index] {
            case UInt8(ascii: "-"): characters[index] = UInt8(ascii: "+")
            case UInt8(ascii: "_"): characters[index] = UInt8(ascii: "/")
            case UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="): throw .notBase64
            default: break
            }
        }
        while characters.count % 4 != 0 { characters.append(UInt8(ascii: "=")) }
        guard let bytes = Data(base64Encoded: Data(characters)) else { throw .notBase64 }
        return bytes
    }
}

extension NumberReader {
    /// What stands as it is in the answer.
    fileprivate mutating func answer() throws(EventID.Fault) -> String {
        let bytes = try self.list(UInt8.self)
        guard bytes.count <= EventID.mostAnswerBytes, bytes.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw .malformed
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    fileprivate mutating func progress() throws(EventID.Fault) -> ChoiceProgress {
        guard try self.flag() else {
            let open = ChoiceProgress.Open(
                tokens: try self.list(UInt32.self), accepted: try self.count(), recovered: try self.count(),
                bonus: try self.count(), offset: try self.count(), held: try self.list(UInt8.self))
            guard open.accepted + open.recovered + open.bonus <= open.tokens.count, open.held.count < 4 else {
                throw .malformed
            }
            return .open(open)
        }
        return .ended(
            .init(
                generatedTokens: try self.count(), promptTokens: try self.count(), reusedTokens: try self.count()))
    }
}
