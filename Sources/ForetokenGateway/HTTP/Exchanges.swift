import NIOHTTP1

/// What HTTP's versions ask of a connection: how answers are framed, and when it closes. A value; sees each head and
/// end on its way in and out.
///
/// Clients of HTTP/1.0 know no chunks, and have the connection closed behind the answer unless they ask to keep it
/// (RFC 9112, sections 6 and 9.3). A client that sends `Expect: 100-continue` waits for the answer (RFC 9110, section 10.1.1).
struct Exchanges: Sendable {
    private struct Exchange {
        let isOld: Bool
        let isHead: Bool
        var closes: Bool
        /// Whether the client waits to be told to send the body.
        var awaitsWord: Bool
        /// Whether the whole request is here.
        var isWhole = false
    }

    /// Requests that are not answered yet, in their order.
    private var open: [Exchange] = []
    /// Whether the connection closes, so that nothing more is taken.
    private(set) var isClosing = false

    /// What becomes of a connection behind an answer.
    enum Fate: Equatable {
        case stays
        case closes
        /// Closes after a while: a client that is still sending its request could miss the answer.
        case closesLater
    }

    /// Whether a whole request waits for its answer.
    var isAnswering: Bool { self.open.contains { $0.isWhole } }

    /// - Returns: the head as the server shall see it, which looks for `close` alone.
    mutating func receive(_ head: HTTPRequestHead) -> HTTPRequestHead {
        let isOld = head.version.major == 1 && head.version.minor == 0
        let awaitsWord = !isOld && head.headers["expect"].contains { $0.lowercased() == "100-continue" }
        self.open.append(
            Exchange(isOld: isOld, isHead: head.method == .HEAD, closes: !head.isKeepAlive, awaitsWord: awaitsWord))
        var head = head
        if !head.isKeepAlive { head.headers.replaceOrAdd(name: "connection", value: "close") }
        return head
    }

    mutating func receiveEnd() {
        guard !self.open.isEmpty else { return }
        self.open[self.open.count - 1].isWhole = true
        self.open[self.open.count - 1].awaitsWord = false
    }

    /// Records that nothing more can come, whether or not the last request was whole.
    mutating func endReceiving() {
        for index in self.open.indices { self.open[index].isWhole = true }
    }

    /// Records that the request whose turn it is may send its body.
    ///
    /// - Returns: whether to say so.
    mutating func accept() -> Bool {
        guard self.open.first?.awaitsWord == true else { return false }
        self.open[0].awaitsWord = false
        return true
    }

    /// - Returns: the head as the client shall see it.
    mutating func answer(_ head: HTTPResponseHead) -> HTTPResponseHead {
        guard head.status.code >= 200 else { return head }
        var head = head
        // What cannot be read as a request is answered, too.
        var exchange =
            self.open.first ?? Exchange(isOld: false, isHead: false, closes: true, awaitsWord: false, isWhole: true)
        if exchange.isOld { head.version = .http1_0 }
        let hasLength = head.headers.contains(name: "content-length") || exchange.isHead
        if head.headers["connection"].contains("close") || exchange.awaitsWord || exchange.isOld && !hasLength {
            exchange.closes = true
        }
        if exchange.closes {
            head.headers.replaceOrAdd(name: "connection", value: "close")
        } else if exchange.isOld {
            head.headers.replaceOrAdd(name: "connection", value: "keep-alive")
        }
        if self.open.isEmpty { self.open.append(exchange) } else { self.open[0] = exchange }
        return head
    }

    mutating func answerEnd() -> Fate {
        guard !self.open.isEmpty else { return .stays }
        let exchange = self.open.removeFirst()
        guard exchange.closes else { return .stays }
        self.isClosing = true
        return exchange.isWhole || exchange.awaitsWord ? .closes : .closesLater
    }
}
