import ForetokenWire
import ZeroMQ

@testable import ForetokenLinks

/// Who may come in: files that operators write, and questions in which strangers' own words are.
extension FuzzTarget {
    static let keys = FuzzTarget(
        "keys",
        stretch: { size in
            ["#\n", "\n", " ", "a ", "client a\n", "client \u{300}", "\u{300}"].map {
                Array(String(repeating: $0, count: max(1, size / $0.utf8.count)).utf8)
            } + [
                Array(
                    (0..<max(1, size / 60)).map { "client a\($0) " + Self.key($0) }.joined(separator: "\n").utf8)
            ]
        }
    ) { bytes throws(Broken) in
        var isRead = false
        switch Result(catching: { () throws(KeysError) in try Members(bytes, path: "members") }) {
        case .success(let members):
            isRead = !members.all.isEmpty
            for identity in members.all {
                try must(members[identity.key] == identity, "a member is not found by its key")
                try must(members.named(identity.name) == identity, "a member is not found by its name")
                try must(KeyLine.isName(identity.name) && Curve.isKey(identity.key), "a member is none")
            }
            let text = members.all.map { KeyLine(role: $0.role, name: $0.name, key: $0.key).text }
            let again = try? Members(Array(text.joined(separator: "\n").utf8), path: "members")
            try must(again == members, "the list is read in two ways")
        case .failure(let error):
            let length = error.description.utf8.count
            try must(length < 1000, "the error is \(length) bytes long")
        }
        if let file = try? KeyFile(bytes, path: "key") {
            isRead = true
            try must(Curve.publicKey(of: file.secretKey.text) == file.identity.key, "the public key is another")
        }
        return isRead
    }

    /// Different for every number: digits are letters of Z85.
    private static func key(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: Curve.keyLength - digits.count) + digits
    }

    static let zap = FuzzTarget("zap") { bytes throws(Broken) in
        var tape = Tape(bytes)
        let listed = tape.byte()
        var frames: [[UInt8]] = []
        while !tape.isAtEnd, frames.count < 20 { frames.append(tape.bytes()) }
        let answer = ZAP.answer(frames) { $0.utf8.first == listed }
        try must(answer.frames.isEmpty || answer.frames.count == 8, "an answer has \(answer.frames.count) frames")
        let isAllowed = answer.frames.count == 8 && answer.frames[4] == Array("200".utf8)
        switch answer.verdict {
        case .allowed(let key):
            try must(isAllowed && key.utf8.first == listed && frames[7] == Array("CURVE".utf8), "a stranger comes in")
            try must(answer.frames[6] == Array(key.utf8) && Curve.isKey(key), "its messages are another's")
        case .unlisted(_, let address):
            try must(!isAllowed, "a stranger comes in")
            try must(address.utf8.count <= ZAP.mostBytes, "its address is told at any length")
        case .malformed: try must(!isAllowed, "who says nothing comes in")
        }
        if !answer.frames.isEmpty { try must(answer.frames[..<4] == frames[..<4], "another is answered") }
        return answer.verdict != .malformed
    }
}
