internal import CLlama

/// How a model wants a chat written down, in Jinja's language. The library knows some kinds of templates by heart, and
/// runs none.
public struct ChatTemplate: Equatable, Sendable {
    public struct Message: Equatable, Sendable {
        public var role: String
        public var content: String

        public init(role: String, content: String) {
            self.role = role
            self.content = content
        }
    }

    /// A template, or the library's name of one.
    public let source: String

    public init(source: String) {
        self.source = source
    }

    /// The chat as a text that ends with the cue for the assistant's answer.
    ///
    /// - Throws: `LlamaError.unknownChatTemplate`, `.zeroByte` or `.textTooLong`.
    public func render(_ messages: [Message]) throws(LlamaError) -> String {
        if messages.contains(where: { $0.role.utf8.contains(0) || $0.content.utf8.contains(0) }) { throw .zeroByte }
        // All texts in one buffer, each ended by a zero byte.
        var texts: [CChar] = []
        var starts: [(role: Int, content: Int)] = []
        for message in messages {
            let role = texts.count
            texts += message.role.utf8CString
            starts.append((role, texts.count))
            texts += message.content.utf8CString
        }
        guard texts.count < Int(Int32.max) / 4 else { throw .textTooLong }

        return try texts.withUnsafeBufferPointer { texts throws(LlamaError) in
            let chat = starts.map { start in
                llama_chat_message(
                    role: texts.baseAddress! + start.role, content: texts.baseAddress! + start.content)
            }
            var capacity = 2 * texts.count + 256
            for _ in 0..<2 {
                var count: Int32 = 0
                // The library does not end the text with a zero byte where it fills the buffer.
                let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, initialized in
                    buffer.withMemoryRebound(to: CChar.self) { buffer in
                        count = llama_chat_apply_template(
                            self.source, chat, chat.count, true, buffer.baseAddress, Int32(capacity))
                    }
                    initialized = min(max(0, Int(count)), capacity)
                }
                guard count >= 0 else { break }
                if Int(count) <= capacity { return String(decoding: bytes, as: UTF8.self) }
                capacity = Int(count) + 1
            }
            throw .unknownChatTemplate
        }
    }

    /// The text of `render` in parts: in turn what the template says, and what a message does.
    public func parts(of messages: [Message]) throws(LlamaError) -> [String] {
        let marks = messages.indices.map { "\u{2}\($0)\u{3}" }
        let marked = zip(messages, marks).map { Message(role: $0.role, content: $1) }
        var rest = try self.render(marked)[...]
        var parts: [String] = []
        for (message, mark) in zip(messages, marks) {
            // A template may leave a message out, or put it elsewhere.
            guard let place = rest.firstRange(of: mark) else { continue }
            parts += [String(rest[..<place.lowerBound]), message.content]
            rest = rest[place.upperBound...]
        }
        return parts + [String(rest)]
    }
}
