import HTTPTypes
import Hummingbird
import NIOCore
import NIOEmbedded
import NIOHTTP1

@testable import ForetokenGateway

extension FuzzTarget {
    /// Bytes of a connection, as far as our own code looks at what SwiftNIO reads in them: versions, `Connection`,
    /// `Expect`, and whose page it is.
    static let head = FuzzTarget(
        "head",
        stretch: { size in
            ["X: a\r\n", "Connection: close\r\n", "Expect: 100-continue\r\n", "a"].map {
                Array(
                    ("GET / HTTP/1.1\r\nHost: a\r\nOrigin: http://"
                        + String(repeating: "b", count: size / 2) + "\r\nX: "
                        + String(repeating: $0, count: size / 2 / $0.utf8.count) + "\r\n\r\n").utf8)
            }
        }
    ) { bytes throws(Broken) in
        let channel = EmbeddedChannel()
        var exchanges = Exchanges()
        var (heads, answered) = (0, 0)
        defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
        try? channel.pipeline.syncOperations.addHandler(
            ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)))
        let isBroken = (try? channel.writeInbound(ByteBuffer(bytes: bytes))) == nil
        while let part = (try? channel.readInbound(as: HTTPServerRequestPart.self)) ?? nil {
            switch part {
            case .head(let head):
                heads += 1
                let seen = exchanges.receive(head)
                if !head.isKeepAlive {
                    try must(seen.headers["connection"].contains("close"), "the server does not see that it closes")
                }
                try Self.checkOrigins(head)
            case .body: break
            case .end:
                exchanges.receiveEnd()
                try must(exchanges.isAnswering, "a whole request waits for nothing")
            }
        }
        if isBroken { exchanges.endReceiving() }
        while answered < heads, !exchanges.isClosing {
            _ = exchanges.accept()
            try must(!exchanges.accept(), "is told twice to send the body")
            let head = exchanges.answer(HTTPResponseHead(version: .http1_1, status: .ok))
            if exchanges.answerEnd() == .stays {
                try must(!head.headers["connection"].contains("close"), "stays, although it told that it closes")
            } else {
                try must(head.headers["connection"].contains("close"), "closes, and does not tell")
            }
            answered += 1
        }
        return heads > 0
    }

    private static func checkOrigins(_ head: HTTPRequestHead) throws(Broken) {
        guard let origin = head.headers.first(name: "origin") else { return }
        guard let own = AllowedOrigins(["https://a.example"]) else { throw Broken("an origin is not taken") }
        try must(
            own.contains(origin) == (origin.lowercased() == "https://a.example"), "\(origin) is taken for another")
        if let allowed = AllowedOrigins([origin]) { try must(allowed.contains(origin), "\(origin) is not let in") }
    }
}
