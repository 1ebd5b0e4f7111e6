import ForetokenGateway
import OpenAIClient
import Speculation

@testable import ForetokenLinks

/// Texts that operators and clients write: what is read, written and read again is the same.
extension FuzzTarget {
    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    /// Runs of something that a reader may look at again and again.
    private static func runs(of texts: [String], before: String = "", behind: String = "", _ size: Int) -> [[UInt8]] {
        texts.map { text in
            Array((before + String(repeating: text, count: max(1, size / text.utf8.count)) + behind).utf8)
        }
    }

    static let address = FuzzTarget(
        "address",
        stretch: { size in
            Self.runs(of: [":", "a", "/", "[", "%41", "a."], before: "tcp://", behind: ":1", size)
                + Self.runs(of: [":", "a", "/", "[", "%41", "?"], before: "http://", behind: ":1", size)
        }
    ) { bytes throws(Broken) in
        let text = Self.text(bytes)
        var isRead = false
        for listening in [false, true] {
            if let address = try? Address(text, listening: listening) {
                isRead = true
                let again = try? Address(address.text, listening: listening)
                try must(again == address, "is read in two ways: \(address.text.prefix(100))")
                try must(!address.text.utf8.contains(0), "libzmq sees only a part of it")
            }
        }
        if let address = HTTPAddress(text) {
            isRead = true
            try must(HTTPAddress(address.description) == address, "is read in two ways: \("\(address)".prefix(100))")
        }
        if let address = try? OpenAIAddress(text) {
            isRead = true
            try must(
                (try? OpenAIAddress(address.description)) == address, "is read in two ways: \("\(address)".prefix(100))"
            )
        }
        return isRead
    }

    static let rule = FuzzTarget(
        "rule",
        stretch: { size in
            Self.runs(of: ["sync:", ":", ",", "1", "sync:fixed:1"], size)
                + Self.runs(of: ["sync:", "0", ",", "1"], before: "fixed:", size)
        }
    ) { bytes throws(Broken) in
        switch Result(catching: { () throws(LookaheadRuleError) in try LookaheadRule(Self.text(bytes)) }) {
        case .success(let rule):
            try must((try? LookaheadRule(rule.description)) == rule, "\(rule) is read in two ways")
            try must((rule.makeLookahead() == nil) == (rule == .off), "\(rule) does not draft")
            return true
        case .failure(let error):
            let length = error.description.utf8.count
            try must(length < 1000, "the error is \(length) bytes long")
            return false
        }
    }

    static let apiKeys = FuzzTarget("api-keys", stretch: { Self.runs(of: ["a\n", "#\n", "a", "\r\n", " "], $0) }) {
        bytes throws(Broken) in
        let text = Self.text(bytes)
        guard let keys = try? APIKeys(text) else { return false }
        try must(!keys.first.isEmpty && !keys.first.contains { $0.isWhitespace }, "the first key is none")
        try must((try? APIKeys(keys.first))?.first == keys.first, "the first key is read in two ways")
        return true
    }
}
