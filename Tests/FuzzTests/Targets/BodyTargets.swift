import Foundation

@testable import Foretoken
@testable import ForetokenGateway

/// Bodies of HTTP requests: what the gateway takes, a coordinator can be sent; what it does not, is told in few words.
extension FuzzTarget {
    static let completion = FuzzTarget("completion", stretch: { Self.bodies($0, "{\"prompt\":", ",\"n\":1}") }) {
        bytes throws(Broken) in
        try Self.read(bytes) { data throws(OpenAIError) in
            try TextRequest(try BodyDecoder.decode(CompletionBody.self, from: data), seed: 1)
        }
    }

    static let chat = FuzzTarget("chat", stretch: { Self.bodies($0, "{\"messages\":", ",\"n\":1}") }) {
        bytes throws(Broken) in
        try Self.read(bytes) { data throws(OpenAIError) in
            try TextRequest(try BodyDecoder.decode(ChatBody.self, from: data), seed: 1)
        }
    }

    private static func read(
        _ bytes: [UInt8], _ read: (Data) throws(OpenAIError) -> TextRequest
    ) throws(Broken) -> Bool {
        let request: TextRequest
        do {
            request = try read(Data(bytes))
        } catch {
            return try Self.check(error)
        }
        let texts = request.texts
        try must((1...TextRequest.mostTexts).contains(texts.count), "\(texts.count) texts are asked for")
        for text in texts.prefix(2) {
            do throws(ForetokenError) {
                _ = try text.options.request(prompt: text.prompt)
            } catch {
                return try Self.check(OpenAIError(error))
            }
        }
        return true
    }

    private static func check(_ error: OpenAIError) throws(Broken) -> Bool {
        try must((400...499).contains(error.status), "a body has the status \(error.status): \(error.message)")
        let length = error.message.utf8.count + (error.parameter?.utf8.count ?? 0)
        try must(length < 2000, "the error is \(length) bytes long: \(error.message.prefix(100))")
        try must((try? error.json) != nil, "the error cannot be written")
        return false
    }

    private static func bodies(_ size: Int, _ before: String, _ behind: String) -> [[UInt8]] {
        func of(_ part: String, _ open: String = "[", _ close: String = "]") -> [UInt8] {
            let parts = Array(repeating: part, count: max(1, size / (part.utf8.count + 1))).joined(separator: ",")
            return Array((before + open + parts + close + behind).utf8)
        }
        return [
            of("1"), of("\"a\""), of("[1]"), of("[]"), of("1e999"), of("null"), of("\"\\ud83d\\ude00\""),
            of("{\"role\":\"user\",\"content\":\"a\"}"), of("{\"role\":\"user\",\"content\":[{\"type\":\"text\"}]}"),
            of("a", "\"", "\""), of("\\u0041", "\"", "\""), of("sync:", "\"\",\"foretoken\":{\"lookahead\":\"", "\"}"),
            of("\"a\":1", "\"\",\"metadata\":{", "}"), of("\"a\":[1,{}]", "\"\",\"other\":{", "}"),
            of("[", "", ""), of("\"a\":1", "\"\",", ""),
            Array((before + String(repeating: "[", count: size)).utf8),
            Array((before + String(repeating: "{\"a\":", count: size / 5)).utf8),
            Array((before + String(repeating: " ", count: size) + "1" + behind).utf8),
            Array((before + String(repeating: "9", count: size) + behind).utf8),
        ]
    }
}
