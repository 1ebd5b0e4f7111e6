import CProtobufC

/// What a message is written with.
extension Arena {
    /// A message with protobuf-c's defaults, then filled.
    func make<Message>(
        _ initialize: (UnsafeMutablePointer<Message>?) -> Void, _ fill: (inout Message) -> Void = { _ in }
    ) -> UnsafeMutablePointer<Message> {
        let message = self.take(Message.self, 1)
        initialize(message)
        fill(&message.pointee)
        return message
    }

    /// A copy of scalars, as the count and the pointer of a repeated field.
    func copy<Element: BitwiseCopyable>(_ elements: [Element]) -> (Int, UnsafeMutablePointer<Element>?) {
        if elements.isEmpty { return (0, nil) }
        let copy = self.take(Element.self, elements.count)
        elements.withUnsafeBufferPointer { elements in
            guard let first = elements.baseAddress else { return }
            copy.initialize(from: first, count: elements.count)
        }
        return (elements.count, copy)
    }

    /// One message for each element, as the count and the pointer of a repeated field.
    func copy<Element, Message>(
        _ elements: [Element], _ write: (Element) -> UnsafeMutablePointer<Message>
    ) -> (Int, UnsafeMutablePointer<UnsafeMutablePointer<Message>?>?) {
        if elements.isEmpty { return (0, nil) }
        let pointers = self.take(UnsafeMutablePointer<Message>?.self, elements.count)
        for (index, element) in elements.enumerated() { (pointers + index).initialize(to: write(element)) }
        return (elements.count, pointers)
    }

    /// A C string; a zero byte in the text ends it.
    func string(_ text: String) -> UnsafeMutablePointer<CChar> {
        var text = text
        return text.withUTF8 { bytes in
            let copy = self.take(CChar.self, bytes.count + 1)
            UnsafeMutableRawPointer(copy).copyMemory(from: bytes)
            (copy + bytes.count).initialize(to: 0)
            return copy
        }
    }

    /// UTF-8 with its length, zero bytes and all.
    func bytes(_ text: String) -> ProtobufCBinaryData {
        if text.isEmpty { return ProtobufCBinaryData(len: 0, data: nil) }
        var text = text
        return text.withUTF8 { bytes in
            let copy = self.take(UInt8.self, bytes.count)
            UnsafeMutableRawPointer(copy).copyMemory(from: bytes)
            return ProtobufCBinaryData(len: bytes.count, data: copy)
        }
    }

    /// Bytes with their length.
    func bytes(_ bytes: [UInt8]) -> ProtobufCBinaryData {
        let (count, copy) = self.copy(bytes)
        return ProtobufCBinaryData(len: count, data: copy)
    }

    private func take<Element>(_ type: Element.Type, _ count: Int) -> UnsafeMutablePointer<Element> {
        guard let memory = self.allocate(MemoryLayout<Element>.stride * count) else {
            preconditionFailure("an encoding's arena has no budget")
        }
        return memory.bindMemory(to: type, capacity: count)
    }
}

extension UnsafeMutableRawPointer {
    fileprivate func copyMemory(from bytes: UnsafeBufferPointer<UInt8>) {
        guard let first = bytes.baseAddress else { return }
        self.copyMemory(from: first, byteCount: bytes.count)
    }
}

extension UInt32 {
    /// A count as the wire has it: what lies outside `0...Limits.count` is brought to its nearest end, never a trap.
    init(count: Int) {
        self.init(clamping: Swift.min(count, Limits.count))
    }
}

extension String {
    /// The longest part from the beginning that holds `limit` bytes at most and cuts no character.
    func clipped(to limit: Int) -> String {
        if self.utf8.count <= limit { return self }
        var end = self.utf8.index(self.startIndex, offsetBy: limit)
        while end.samePosition(in: self.unicodeScalars) == nil { end = self.utf8.index(before: end) }
        return String(self[..<end])
    }
}
