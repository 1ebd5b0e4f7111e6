/// Answers libzmq's questions who may come in: ZAP 1.0 (rfc.zeromq.org/spec/27), for CURVE.
///
/// A pure function from frames to frames: what a stranger sends of its own is in them.
public enum ZAP {
    /// Where libzmq asks.
    public static let endpoint = "inproc://zeromq.zap.01"
    /// Frames of a question at most, and bytes of each; libzmq's own questions have fewer.
    public static let (mostFrames, mostBytes) = (16, 256)

    public enum Verdict: Equatable, Sendable {
        /// Messages of the peer carry its key as their user id.
        case allowed(key: String)
        case unlisted(key: String, from: String)
        /// Not a question about a key.
        case malformed
    }

    public struct Answer: Equatable, Sendable {
        /// What goes back; empty where there is nobody to answer.
        public var frames: [[UInt8]]
        public var verdict: Verdict
    }

    /// - Parameters:
    ///   - frames: as a router receives them: the asker, an empty frame, version, request, domain, address, routing id,
    ///     mechanism, key.
    ///   - isListed: whether the holder of a public key may come in.
    public static func answer(_ frames: [[UInt8]], isListed: (String) -> Bool) -> Answer {
        guard frames.count >= 4, frames.count <= self.mostFrames, frames.allSatisfy({ $0.count <= self.mostBytes }),
            frames[1].isEmpty, frames[2] == self.version
        else { return Answer(frames: [], verdict: .malformed) }
        func reply(_ status: String, _ text: String, user: String = "") -> [[UInt8]] {
            Array(frames.prefix(4)) + [Array(status.utf8), Array(text.utf8), Array(user.utf8), []]
        }
        guard frames.count == 9, frames[7] == Array("CURVE".utf8), let key = Curve.text(ofKey: frames[8]) else {
            return Answer(frames: reply("300", "not a question about a key"), verdict: .malformed)
        }
        guard isListed(key) else {
            // 300 and not 400: on a 400 libzmq's client gives its connection up for good, and a key that is added later
            // would never be tried again. On a 300 the connection ends without a word, and the client comes back.
            let address = String(decoding: frames[5].filter { (0x21...0x7E).contains($0) }, as: UTF8.self)
            return Answer(frames: reply("300", "not a member"), verdict: .unlisted(key: key, from: address))
        }
        return Answer(frames: reply("200", "OK", user: key), verdict: .allowed(key: key))
    }

    private static let version = Array("1.0".utf8)
}
