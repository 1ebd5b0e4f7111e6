import ForetokenWire

extension FuzzTarget {
    /// What is read, written and read again is the same.
    static let envelope = FuzzTarget("envelope") { bytes throws(Broken) in
        guard let envelope = try? Envelope(decoding: bytes) else { return false }
        let written = envelope.encoded()
        try must(envelope.encodedSize == written.count, "the size differs from that of the bytes")
        guard written.count <= Envelope.maximumSize else { return true }
        switch Result(catching: { () throws(WireError) in try Envelope(decoding: written) }) {
        case .success(let again):
            try must(again == envelope, "is read, written, and read differently")
            try must(again.encoded() == written, "is written in two ways")
        case .failure(let error):
            throw Broken("what was read is written so that it cannot be read: \(error)")
        }
        return true
    }
}
